FROM scratch
ARG VERSION=1.2
ADD --chown=10:20 rootfs.tar.xz /
ADD --checksum=sha256:2cf24dba5fb0a30e26e83b2ac5b9e29e1b161e5c1fa7425e73043362938b9824 https://files.example.org/tool-$VERSION.tgz /opt/
ADD --unpack=false *.tgz main.py /srv/
ADD --unpack https://files.example.org/a%20b.tar /x/y
