"""Reading the files of archives into blocks of rows."""
