#!/bin/sh
# `museum` for people who log in to a server, as /usr/local/bin/museum: the unit's user, its settings and its folder.
# Files are named from the root: the folder is /opt/museum, in which nothing is written.
cd /opt/museum || exit
exec sudo -u museum env MUSEUM_PROFILE=prod HF_HOME=/var/lib/museum/hf .venv/bin/museum "$@"
