"""The words for what a work shows in English, Danish and Dutch, in the forms that titles and queries use.

A row of three is (English, Danish, Dutch); forms are separated by `|`. Of a subject the first two stand in titles, of
a fact the first two as well. `{c}`, `{t}` and `{e}` are a colour as (uninflected, neuter, plural or definite).
"""

from __future__ import annotations

Row = tuple[str, str, str]
LANGUAGES = ("en", "da", "nl")

NOUNS: dict[str, Row] = {
    "ship": ("Ship|Ships|sailing ship|sailing ships|sailing boat|boat|boats|ship at sea|ships at sea|sailboat|vessel",
             "Skib|Skibe|sejlskib|sejlskibe|båd|både|skib på havet|skibe på havet|sejlbåd|skibet|skibene",
             "Schip|Schepen|zeilschip|zeilschepen|boot|boten|schip op zee|schepen op zee|zeilboot|het schip"),
    "woman": ("Portrait of a Woman|Portrait of a Lady|woman|women|lady|portrait of a girl|female portrait|a woman",
              "Portræt af en kvinde|Portræt af en dame|kvinde|kvinder|dame|kvindeportræt|kvinden|en kvinde",
              "Portret van een vrouw|Portret van een dame|vrouw|vrouwen|dame|vrouwenportret|de vrouw|een vrouw"),
    "man": ("Portrait of a Man|Portrait of a Gentleman|man|men|gentleman|portrait of a boy|male portrait|a man",
            "Portræt af en mand|Portræt af en herre|mand|mænd|herre|mandsportræt|manden|en mand",
            "Portret van een man|Portret van een heer|man|mannen|heer|mannenportret|de man|een man"),
    "still_life": ("Still Life with Fruit|Fruit on a Table|still life|fruit|bowl of fruit|still lifes|fruit still life",
                   "Opstilling med frugt|Frugt på et bord|opstilling|frugt|stilleben|frugtskål|frugter|nature morte",
                   "Stilleven met vruchten|Vruchten op een tafel|stilleven|fruit|fruitschaal|vruchten|stillevens"),
    "flowers": ("Flowers|Flowers in a Vase|bouquet|vase of flowers|flower|bouquet of flowers|flower piece|a flower",
                "Blomster|Blomster i en vase|buket|vase med blomster|blomst|blomsterbuket|blomsterne|en blomst",
                "Bloemen|Bloemen in een vaas|boeket|vaas met bloemen|bloem|bloemstuk|de bloemen|bloemstilleven"),
    "trees": ("Trees|Study of Trees|tree|forest|woods|landscape with trees|a tree|wood|the trees",
              "Træer|Studie af træer|træ|skov|landskab med træer|et træ|skoven|træerne|i skoven",
              "Bomen|Studie van bomen|boom|bos|landschap met bomen|een boom|het bos|bossen|de bomen"),
    "mountains": ("Mountains|Mountain Landscape|mountain|the mountains|peaks|a mountain|mountain view|alps",
                  "Bjerge|Bjerglandskab|bjerg|bjergene|fjelde|et bjerg|bjergtinder|alperne",
                  "Bergen|Berglandschap|berg|de bergen|bergtoppen|een berg|gebergte|de alpen"),
    "street": ("Street|Street with Houses|streets|houses|town|city street|a street|house fronts|row of houses",
               "Gade|Gade med huse|gader|huse|by|gaden|en gade|husrække|bygade",
               "Straat|Straat met huizen|straten|huizen|stad|de straat|een straat|stadsgezicht|straatje"),
    "church": ("Church|Village Church|churches|a church|church tower|the church|church with a steeple|chapel",
               "Kirke|Landsbykirke|kirker|en kirke|kirketårn|kirken|kirke med spir|kapel",
               "Kerk|Dorpskerk|kerken|een kerk|kerktoren|de kerk|kerk met toren|kapel|kerkje"),
    "horse": ("Horse|Horse in a Meadow|horses|a horse|the horse|horse grazing|stallion|mare",
              "Hest|Hest på en eng|heste|en hest|hesten|græssende hest|hingst|hestene",
              "Paard|Paard in een weide|paarden|een paard|het paard|grazend paard|hengst|de paarden"),
    "cow": ("Cow|Cow in a Meadow|cows|a cow|cattle|the cow|cow grazing|the cows",
            "Ko|Ko på en eng|køer|en ko|kvæg|koen|græssende ko|køerne",
            "Koe|Koe in een weide|koeien|een koe|vee|de koe|grazende koe|de koeien"),
    "dog": ("Dog|Hunting Dog|dogs|a dog|hound|the dog|hounds|the dogs",
            "Hund|Jagthund|hunde|en hund|hunden|jagthunde|hundene|hundehvalp",
            "Hond|Jachthond|honden|een hond|de hond|jachthonden|hondje|de honden"),
    "bird": ("Bird|Bird on a Branch|birds|a bird|songbird|the bird|birds on a branch|little bird",
             "Fugl|Fugl på en gren|fugle|en fugl|sangfugl|fuglen|fuglene|lille fugl",
             "Vogel|Vogel op een tak|vogels|een vogel|zangvogel|de vogel|vogeltje|de vogels"),
    "cat": ("Cat|Sitting Cat|cats|a cat|kitten|the cat|the cats|house cat",
            "Kat|Siddende kat|katte|en kat|killing|katten|kattene|missekat",
            "Kat|Zittende kat|katten|een kat|poes|de kat|poezen|katje"),
}  # fmt: skip

COLOURED_NOUNS: dict[str, Row] = {
    "ship": ("Ship with {c} Sails|Ships with {c} Sails|ship with a {c} sail|sailing boat with {c} sails|{c} sails",
             "Skib med {e} sejl|Skibe med {e} sejl|skib med {t} sejl|båd med {e} sejl|{e} sejl",
             "Schip met {e} zeilen|Schepen met {e} zeilen|schip met een {c} zeil|boot met {e} zeilen|{e} zeilen"),
    "woman": ("Portrait of a Woman in {c}|Woman in a {c} Dress|woman in {c}|lady in a {c} dress|women in {c}|{c} dress",
              "Portræt af en kvinde i {t}|Kvinde i {c} kjole|kvinde i {t}|dame i en {c} kjole|kvinder i {t}|{c} kjole",
              "Portret van een vrouw in het {c}|Vrouw in een {e} jurk|vrouw in het {c}|dame in {e} jurk|{e} jurk"),
    "man": ("Portrait of a Man in {c}|Man in a {c} Coat|man in {c}|gentleman in a {c} coat|men in {c}|{c} coat",
            "Portræt af en mand i {t}|Mand i {c} frakke|mand i {t}|herre i en {c} frakke|mænd i {t}|{c} frakke",
            "Portret van een man in het {c}|Man in een {e} jas|man in het {c}|heer met {e} jas|mannen in het {c}"),
    "still_life": ("Still Life with {c} Fruit|{c} Fruit on a Table|{c} fruit|still life with {c} {fruit}|{c} {fruit}",
                   "Opstilling med {c} frugt|{c} frugt på et bord|{c} frugt|opstilling med {e} {fruit}|{e} {fruit}",
                   ("Stilleven met {e} vruchten|{e} vruchten op een tafel|{c} fruit|stilleven met {e} {fruit}|"
                    "{e} {fruit}")),
    "flowers": ("{c} Flowers|{c} Flowers in a Vase|{c} flower|bouquet of {c} flowers|vase of {c} flowers|a {c} flower",
                "{e} blomster|{e} blomster i en vase|{c} blomst|buket af {e} blomster|vase med {e} blomster",
                "{e} bloemen|{e} bloemen in een vaas|{e} bloem|boeket {e} bloemen|vaas met {e} bloemen"),
    "horse": ("{c} Horse|{c} Horse in a Meadow|{c} horses|a {c} horse|the {c} horse|{c} stallion",
              "{c} hest|{c} hest på en eng|{e} heste|en {c} hest|den {e} hest|{c} hingst",
              "{c} paard|{c} paard in een weide|{e} paarden|een {c} paard|het {e} paard|{e} hengst"),
    "bird": ("{c} Bird|{c} Bird on a Branch|{c} birds|a {c} bird|the {c} bird|{c} songbird",
             "{c} fugl|{c} fugl på en gren|{e} fugle|en {c} fugl|den {e} fugl|{c} sangfugl",
             "{e} vogel|{e} vogel op een tak|{e} vogels|een {e} vogel|de {e} vogel|{c} vogeltje"),
    "cat": ("{c} Cat|Sitting {c} Cat|{c} cats|a {c} cat|the {c} cat|{c} kitten",
            "{c} kat|Siddende {c} kat|{e} katte|en {c} kat|den {e} kat|{c} killing",
            "{e} kat|Zittende {e} kat|{e} katten|een {e} kat|de {e} kat|{e} poes"),
}  # fmt: skip

FRUIT: dict[str, Row] = {
    "red": ("apples", "æbler", "appels"), "yellow": ("lemons", "citroner", "citroenen"),
    "green": ("pears", "pærer", "peren"),
}  # fmt: skip

COLOUR_FORMS: dict[str, Row] = {
    "red": ("red|red|red", "rød|rødt|røde", "rood|rood|rode"),
    "blue": ("blue|blue|blue", "blå|blåt|blå", "blauw|blauw|blauwe"),
    "black": ("black|black|black", "sort|sort|sorte", "zwart|zwart|zwarte"),
    "white": ("white|white|white", "hvid|hvidt|hvide", "wit|wit|witte"),
    "yellow": ("yellow|yellow|yellow", "gul|gult|gule", "geel|geel|gele"),
    "green": ("green|green|green", "grøn|grønt|grønne", "groen|groen|groene"),
    "brown": ("brown|brown|brown", "brun|brunt|brune", "bruin|bruin|bruine"),
}

FACTS: dict[str, Row] = {
    "day": ("by Day|in Daylight|in the daytime|during the day|day",
            "om dagen|i dagslys|ved dag|dag",
            "overdag|bij daglicht|bij dag|dag"),
    "evening": ("in the Evening|at Sunset|at dusk|evening|sunset|in the evening light",
                "om aftenen|ved solnedgang|i aftenlys|aften|solnedgang|i aftensol",
                "in de avond|bij zonsondergang|'s avonds|avond|zonsondergang|in avondlicht"),
    "night": ("at Night|by Moonlight|by night|in the moonlight|night|moonlight|in the night",
              "om natten|i måneskin|ved nat|nat|måneskin|i måneskinnet|i natten",
              "bij nacht|bij maanlicht|in de nacht|'s nachts|nacht|maanlicht|in het maanlicht"),
    "storm": ("in a Storm|in Stormy Weather|in the storm|storm|in a gale|in stormy seas|stormy|in storms",
              "i storm|i stormvejr|i stormen|storm|i en storm|i uvejr|stormvejr",
              "in een storm|in stormweer|in de storm|storm|bij storm|in noodweer|stormweer"),
    "calm": ("on a Calm Sea|in Calm Weather|in a calm|calm sea|calm|on calm water|on a quiet sea",
             "i stille vejr|på et roligt hav|i havblik|stille vejr|roligt hav|på stille hav|på roligt vand",
             "op een kalme zee|bij kalm weer|bij windstilte|kalme zee|kalm|op kalm water|op een rustige zee"),
    "rain": ("in the Rain|in Rainy Weather|in rain|rain|on a rainy day|rainy",
             "i regn|i regnvejr|i regnen|regn|regnvejr|på en regnvejrsdag",
             "in de regen|bij regen|in regenweer|regen|op een regenachtige dag|regenachtig"),
    "spring": ("in Spring|in Springtime|in the spring|spring|springtime",
               "om foråret|i foråret|forår|i forår|ved forårstid",
               "in de lente|in het voorjaar|lente|voorjaar|in lente"),
    "summer": ("in Summer|in Summertime|in the summer|summer|summertime",
               "om sommeren|i sommeren|sommer|i sommer|ved sommertid",
               "in de zomer|'s zomers|zomer|in zomer|in het zomerseizoen"),
    "autumn": ("in Autumn|in the Autumn|in the fall|autumn|in fall|with autumn leaves",
               "om efteråret|i efteråret|efterår|i efterår|med efterårsblade",
               "in de herfst|in het najaar|herfst|najaar|met herfstbladeren"),
    "winter": ("in Winter|in the Snow|in the winter|winter|snow|in snow|in wintertime",
               "om vinteren|i sne|vinter|sne|i sneen|i vinter|ved vintertid",
               "in de winter|in de sneeuw|winter|sneeuw|'s winters|in sneeuw|in het winterseizoen"),
}  # fmt: skip

STYLES: dict[str, Row] = {
    "oil": ("painting|oil painting|picture", "maleri|oliemaleri|billede", "schilderij|olieverf|afbeelding"),
    "line": ("drawing|pen drawing|sketch", "tegning|pennetegning|skitse", "tekening|pentekening|schets"),
    "hatched": ("print|etching|engraving", "grafik|radering|kobberstik", "prent|ets|gravure"),
    "wash": ("watercolor|watercolour", "akvarel|akvareller", "aquarel|aquarellen"),
    "chalk": ("pastel|pastel drawing", "pastel|pasteltegning", "pastel|pasteltekening"),
    "tone": ("aquatint|print", "akvatinte|grafik", "aquatint|prent"),
    "stone": ("bust|sculpture", "buste|skulptur", "buste|beeld"),
    "flat": ("gouache|gouache painting", "gouache|gouachemaleri", "gouache|gouaches"),
    "oval": ("miniature|portrait miniature", "miniature|miniatureportræt", "miniatuur|portretminiatuur"),
    "plan": ("design|drawing", "udkast|tegning", "ontwerp|tekening"),
    "plate": ("ceramics|plate", "keramik|tallerken", "keramiek|bord"),
    "grey": ("photograph|photo", "fotografi|foto", "foto|fotografie"),
}

PLACES: tuple[Row, ...] = (
    ("Copenhagen", "København", "Kopenhagen"), ("Skagen", "Skagen", "Skagen"), ("Amsterdam", "Amsterdam", "Amsterdam"),
    ("Haarlem", "Haarlem", "Haarlem"), ("The Hague", "Haag", "Den Haag"), ("Rome", "Rom", "Rome"),
    ("Venice", "Venedig", "Venetië"), ("Paris", "Paris", "Parijs"), ("London", "London", "Londen"),
    ("Århus", "Aarhus", "Aarhus"), ("Edo", "Edo", "Edo"), ("Nürnberg", "Nürnberg", "Neurenberg"),
    ("Seville", "Sevilla", "Sevilla"), ("Cleveland", "Cleveland", "Cleveland"), ("Chicago", "Chicago", "Chicago"),
    ("Delft", "Delft", "Delft"), ("Fyn", "Fyn", "Funen"),
)  # fmt: skip

AT: dict[str, Row] = {
    "ship": ("off", "ud for", "voor"), "trees": ("near", "ved", "bij"), "mountains": ("beyond", "bag", "achter"),
    "street": ("in", "i", "in"), "church": ("in", "i", "in"),
}  # fmt: skip
"""How a subject's place is joined to it."""
FROM: Row = ("from", "fra", "uit")
