-- Lock what presses refer to as a foreign key does, so that nobody deletes it before the transaction ends.
SELECT FROM kiosk.exhibition WHERE museum = %s FOR KEY SHARE
