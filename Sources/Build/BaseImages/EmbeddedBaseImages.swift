// Made by scripts/embed-base-images from base-images/. Change it there.

/// The catalog as it was when this program was built.
enum EmbeddedBaseImages {
    /// The definitions' texts by name.
    static let definitions: [String: String] = [
        "python-3.10-slim": ###"""
        name: python-3.10-slim
        description: Docker Hub's official Python 3.10 on Debian 12 (slim), in /usr/local; runs as root
        source:
          image: docker.io/library/python:3.10-slim-bookworm
        python: {version: "3.10"}
        """###,
        "python-3.11-slim": ###"""
        name: python-3.11-slim
        description: Docker Hub's official Python 3.11 on Debian 12 (slim), in /usr/local; runs as root
        source:
          image: docker.io/library/python:3.11-slim-bookworm
        python: {version: "3.11"}
        """###,
        "python-3.11": ###"""
        name: python-3.11
        description: Debian 12 with its Python 3.11 and a virtual environment at /opt/venv; runs as the user app

        source:
          debian:
            suite: bookworm
            packages:
              - python3
              - python3-distutils # part of Python 3.11 elsewhere, and imported by older packages
              - ca-certificates
              - libgomp1 # wheels of LightGBM and others expect it of the system
              - netbase # /etc/services and /etc/protocols
              - tzdata # zoneinfo

        python:
          version: "3.11"
          environment: /opt/venv
          requirements:
            - pip==26.3

        user: {name: app, uid: 1000, gid: 1000, home: /home/app}
        workdir: /app
        env:
          PATH: /opt/venv/bin:/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin
          VIRTUAL_ENV: /opt/venv
          LANG: C.UTF-8
        """###,
        "python-3.12-slim": ###"""
        name: python-3.12-slim
        description: Docker Hub's official Python 3.12 on Debian 12 (slim), in /usr/local; runs as root
        source:
          image: docker.io/library/python:3.12-slim-bookworm
        python: {version: "3.12"}
        """###,
        "python-3.13-slim": ###"""
        name: python-3.13-slim
        description: Docker Hub's official Python 3.13 on Debian 12 (slim), in /usr/local; runs as root
        source:
          image: docker.io/library/python:3.13-slim-bookworm
        python: {version: "3.13"}
        """###,
        "python-3.13": ###"""
        name: python-3.13
        description: Debian 13 with its Python 3.13 and a virtual environment at /opt/venv; runs as the user app

        source:
          debian:
            suite: trixie
            packages: [python3, ca-certificates, libgomp1, netbase, tzdata]

        python:
          version: "3.13"
          environment: /opt/venv
          requirements:
            - pip==26.3

        user: {name: app, uid: 1000, gid: 1000, home: /home/app}
        workdir: /app
        env:
          PATH: /opt/venv/bin:/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin
          VIRTUAL_ENV: /opt/venv
          LANG: C.UTF-8
        """###,
        "python-3.9-slim": ###"""
        name: python-3.9-slim
        description: Docker Hub's official Python 3.9 on Debian 12 (slim), in /usr/local; runs as root
        source:
          image: docker.io/library/python:3.9-slim-bookworm
        python: {version: "3.9"}
        """###,
        "pytorch-2.5-cuda12.4": ###"""
        name: pytorch-2.5-cuda12.4
        description: PyTorch 2.5.1 with CUDA 12.4 and cuDNN 9 (runtime, no compilers), on conda's Python 3.11; 3 GB
        source:
          image: docker.io/pytorch/pytorch:2.5.1-cuda12.4-cudnn9-runtime
        python: {version: "3.11", environment: /opt/conda}
        """###,
        "zenml-0.98-py3.11-upstream": ###"""
        name: zenml-0.98-py3.11-upstream
        description: ZenML's own parent image from Docker Hub, its virtual environment at /opt/venv; runs as root in /zenml
        source:
          image: docker.io/zenmldocker/zenml:0.98.0-py3.11
        python: {version: "3.11", environment: /opt/venv}
        """###,
        "zenml-0.98-py3.11": ###"""
        name: zenml-0.98-py3.11
        description: What zenmldocker/zenml:0.98.0-py3.11 holds, on Debian's own Python - ZenML in /opt/venv, /zenml, root

        source:
          debian:
            suite: bookworm
            packages: [python3, python3-distutils, ca-certificates, libgomp1, netbase, tzdata]

        # ZenML and what it needs, all of it pinned, so that the image does not change from one day to the next. Made by
        #   printf 'zenml==0.98.0\npip\nsetuptools\nuv\n' | uv pip compile --python-version 3.11.2 --only-binary :all: -
        python:
          version: "3.11"
          environment: /opt/venv
          requirements:
            - annotated-types==0.8.0
            - asgiref==3.10.0
            - certifi==2026.10.18
            - charset-normalizer==3.5.2
            - click==8.5.0
            - cloudpickle==3.1.2
            - distro==1.9.0
            - docker==7.1.0
            - gitdb==4.0.12
            - gitpython==3.2.1
            - idna==3.20
            - jsonref==1.1.0
            - markdown-it-py==4.3.0
            - mdurl==0.1.2
            - opentelemetry-api==1.43.0
            - opentelemetry-instrumentation==0.64b0
            - opentelemetry-instrumentation-logging==0.64b0
            - opentelemetry-sdk==1.43.0
            - opentelemetry-semantic-conventions==0.64b0
            - packaging==26.3
            - pip==26.3
            - psutil==7.2.2
            - pydantic==2.12.5
            - pydantic-core==2.41.5
            - pydantic-settings==2.16.3
            - pygments==2.21.0
            - python-dateutil==2.9.0.post0
            - python-dotenv==1.2.4
            - pyyaml==6.0.3
            - requests==2.34.2
            - rich==15.0.0
            - setuptools==84.2.1
            - six==1.17.0
            - smmap==5.0.3
            - structlog==26.1.0
            - typing-extensions==4.16.0
            - typing-inspection==0.4.5
            - urllib3==2.8.0
            - uv==0.13.9
            - wrapt==2.5.2
            - zenml==0.98.0

        workdir: /zenml
        env:
          PATH: /opt/venv/bin:/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin
          VIRTUAL_ENV: /opt/venv
          LANG: C.UTF-8
          PIP_DEFAULT_TIMEOUT: "100"
          PIP_DISABLE_PIP_VERSION_CHECK: "1"
          PIP_NO_CACHE_DIR: "1"
          PYTHONFAULTHANDLER: "1"
          PYTHONHASHSEED: random
          PYTHONUNBUFFERED: "0"
          ZENML_CONTAINER: "1"
        """###,
    ]

    /// The script base-images/debian/build.
    static let debianRecipe =
        ###"""
        #!/bin/sh
        # Makes a Debian root file system with mmdebstrap and writes it to stdout as a tar.
        #
        # Runs as root, or without root in a user namespace (mmdebstrap's unshare mode: it needs newuidmap, from Debian's
        # uidmap, and a range for the user in /etc/subuid and /etc/subgid). What to make is told by the environment:
        #
        #   SUITE        Debian release, such as bookworm
        #   PACKAGES     packages beside the essential ones and apt, comma-separated          (none)
        #   COMPONENTS   components of the archive, comma-separated                           (main)
        #   ARCH         Debian architecture, such as amd64 or arm64                          (this machine's)
        #   PYTHON       interpreter to compile the standard library for, such as python3.11  (none)
        #   ENVIRONMENT  where PYTHON's virtual environment is made, such as /opt/venv        (none)
        #   USER_NAME, USER_UID, USER_GID, USER_HOME     a user to add                        (none)
        #   WORKDIR      a directory to make, the user's own, such as /app                    (none)
        #
        # Packages come from where this host's apt gets that suite (its mirror, keys and proxy), or from deb.debian.org.
        # Nothing of the host stays inside: the image's own sources name deb.debian.org. The same package versions give the
        # same files, byte by byte. Order and times of the tar's entries are left for its reader to normalise.
        set -eu
        umask 022

        : "${SUITE:?names the Debian release}"
        COMPONENTS=${COMPONENTS:-main} ARCH=${ARCH:-$(dpkg --print-architecture)}
        export PACKAGES="${PACKAGES:-}" PYTHON="${PYTHON:-}" ENVIRONMENT="${ENVIRONMENT:-}" WORKDIR="${WORKDIR:-}"
        export USER_NAME="${USER_NAME:-}" USER_UID="${USER_UID:-0}" USER_GID="${USER_GID:-0}" USER_HOME="${USER_HOME:-}"
        # For the tools inside that would note today's date: 1980-01-02, the time of every entry in our layers.
        export SOURCE_DATE_EPOCH=315619200
        export LC_ALL=C.UTF-8 PATH="$PATH:/usr/sbin:/sbin"

        # Where this host's apt gets the suite from: "deb [signed-by=KEY] URI RELEASE COMPONENT" lines. Asked a second time
        # without what the mirror says of itself: a host that has no package lists knows its sources all the same.
        host_sources() {
            for option in --release-info --no-release-info; do
                # shellcheck disable=SC2016 # apt's own variables
                apt-get indextargets "$option" --format '$(REPO_URI) $(RELEASE) $(CODENAME) $(COMPONENT) $(SOURCESENTRY)' \
                    'Created-By: Packages' 2> /dev/null
            done | while read -r uri release codename component entry; do
                case $uri in http://* | https://* | mirror+*) ;; *) continue ;; esac
                case " $SUITE $SUITE-updates $SUITE-security " in *" $release "* | *" $codename "*) ;; *) continue ;; esac
                case ",$COMPONENTS," in *",$component,"*) ;; *) continue ;; esac
                key=$(sed -n 's/^[^#]*signed-by[:=] *\(\/[^], ]*\).*/\1/Ip' "${entry%:*}" | sort -u)
                case $key in *"
        "*) key= ;; esac # several keys in one file: which belongs to this line is not told
                printf 'deb [signed-by=%s] %s %s %s\n' "${key:-/usr/share/keyrings/debian-archive-keyring.gpg}" \
                    "$uri" "$release" "$component"
            done | sort -u
        }
        sources=$(host_sources)

        # The sources that the image itself names, and the download's if the host's apt does not know the suite.
        DEBIAN_SOURCES=$(
            components=$(printf %s "$COMPONENTS" | tr , ' ')
            for place in "debian $SUITE" "debian $SUITE-updates" "debian-security $SUITE-security"; do
                printf 'deb [signed-by=%s] http://deb.debian.org/%s %s\n' \
                    /usr/share/keyrings/debian-archive-keyring.gpg "$place" "$components"
            done
        )
        export DEBIAN_SOURCES

        # How this host's apt reaches a mirror, and whether it takes a mirror that stands still.
        HOST_APT=$(apt-config dump | grep -E '^Acquire::(https?|Check-Valid-Until|Check-Date|Retries|ForceIPv[46])\b' || true)
        export HOST_APT

        # The two hooks run outside of the new root, whose path is $1. They travel as text: in unshare mode they run as
        # another user, who may not be allowed to read this file. BEFORE runs ahead of the first download.
        BEFORE=$(
            cat << 'END'
        set -eu
        cd "$1"
        printf '%s\nAcquire::Languages "none";\n' "$HOST_APT" > etc/apt/apt.conf.d/99host
        # A package that cannot be had is better named now than when the essential ones have been installed.
        export APT_CONFIG="$MMDEBSTRAP_APT_CONFIG"
        apt-get -qq --error-on=any update
        apt-get -qq --dry-run install $(printf %s "$PACKAGES" | tr , ' ') > /dev/null
        END
        )

        # AFTER runs when all packages are configured.
        AFTER=$(
            cat << 'END'
        set -eu
        cd "$1"
        printf '%s\n' "$DEBIAN_SOURCES" > etc/apt/sources.list
        rm -rf etc/apt/sources.list.d/* etc/apt/apt.conf.d/99host etc/resolv.conf etc/hostname
        mv etc/dpkg/dpkg.cfg.d/99mmdebstrap etc/dpkg/dpkg.cfg.d/no-documentation

        # Locks, backups, logs and caches. The merged-usr hook makes directories for other ABIs; they are empty.
        rm -f etc/.pwd.lock etc/passwd- etc/group- etc/shadow- etc/gshadow- etc/subuid- etc/subgid-
        rm -f var/lib/dpkg/*-old var/lib/dpkg/lock* var/lib/dpkg/triggers/Lock var/cache/debconf/*-old
        rm -rf var/backups/* var/cache/ldconfig var/cache/apt/* var/lib/apt/lists/*
        find var/log -type f -delete
        for abi in lib32 libx32 libo32; do
            if rmdir "usr/$abi" 2> /dev/null; then rm "$abi"; fi
        done

        # The marks of automatically installed packages, in no order of their own.
        marks=var/lib/apt/extended_states
        if [ -e "$marks" ]; then
            sorted=$(awk -v RS= '{ gsub("\n", "\t"); print }' "$marks" | sort | awk '{ gsub("\t", "\n"); print $0 "\n" }')
            printf '%s\n\n' "$sorted" > "$marks"
        fi

        if [ -n "$USER_NAME" ]; then
            printf '%s:x:%s:%s::%s:/bin/bash\n' "$USER_NAME" "$USER_UID" "$USER_GID" "$USER_HOME" >> etc/passwd
            printf '%s:x:%s:\n' "$USER_NAME" "$USER_GID" >> etc/group
            # Releases from 13 on have these two only if the package passwd is there.
            if [ -e etc/shadow ]; then printf '%s:!::0:99999:7:::\n' "$USER_NAME" >> etc/shadow; fi
            if [ -e etc/gshadow ]; then printf '%s:!::\n' "$USER_NAME" >> etc/gshadow; fi
            install -d -o "$USER_UID" -g "$USER_GID" ".$USER_HOME"
        fi
        if [ -e etc/shadow ]; then # the third field is the day of the last change
            shadow=$(awk -F : -v OFS=: -v day="$((SOURCE_DATE_EPOCH / 86400))" '{ $3 = day; print }' etc/shadow)
            printf '%s\n' "$shadow" > etc/shadow
        fi
        if [ -n "$WORKDIR" ]; then install -d -o "$USER_UID" -g "$USER_GID" ".$WORKDIR"; fi

        if [ -n "$PYTHON" ]; then
            # Compiled files that stay valid whatever times the image gives its files, in place of those that name a time.
            # -B: the compiler must not write the modules that it imports itself.
            find usr -name __pycache__ -prune -exec rm -rf {} +
            PYTHONHASHSEED=0 chroot . "/usr/bin/$PYTHON" -B -m compileall -q --invalidation-mode unchecked-hash \
                "/usr/lib/$PYTHON" /usr/lib/python3/dist-packages
            if [ -n "$ENVIRONMENT" ]; then
                chroot . "/usr/bin/$PYTHON" -I -B -m venv --without-pip "$ENVIRONMENT"
            fi
        fi
        END
        )
        export BEFORE AFTER

        if [ "$(id -u)" -eq 0 ]; then mode=root; else mode=unshare; fi
        # variant apt: the essential packages and apt. merged-usr: /bin and /lib are links from the start; otherwise the
        # package usrmerge does it, and brings 50 MB of Perl.
        # shellcheck disable=SC2016 # expanded by the hooks' shell
        exec mmdebstrap --mode="$mode" --variant=apt --architectures="$ARCH" --components="$COMPONENTS" \
            --include="$PACKAGES" --hook-dir=/usr/share/mmdebstrap/hooks/merged-usr \
            --dpkgopt='path-exclude=/usr/share/doc/*' --dpkgopt='path-include=/usr/share/doc/*/copyright' \
            --dpkgopt='path-exclude=/usr/share/man/*' --dpkgopt='path-exclude=/usr/share/info/*' \
            --dpkgopt='path-exclude=/usr/share/groff/*' --dpkgopt='path-exclude=/usr/share/lintian/*' \
            --dpkgopt='path-exclude=/usr/share/locale/*' --dpkgopt='path-include=/usr/share/locale/locale.alias' \
            --setup-hook='eval "$BEFORE"' --customize-hook='eval "$AFTER"' --skip=check/signed-by,output/dev \
            --format=tar "$SUITE" - - << END
        ${sources:-$DEBIAN_SOURCES}
        END
        """###
}
