#!/usr/bin/env bash
# Debian packages that pip cannot bring: voices that make speech for the demo, the microphone's library, a player.
# Everything works without them except what the last column names; so a missing right to install is said, not fatal.
set -euo pipefail

packages=(
    flite                   # voices slt, rms, awb, kal: synthetic speech that PocketSphinx understands
    festival                # more voices for the same
    festvox-kallpc16k
    festvox-us-slt-hts
    espeak-ng               # pronunciations of words that are in no dictionary
    libportaudio2           # record from the microphone
    chromium                # drives the studio in the tests
    postgresql              # the tests start a server of their own; a team's database
    openssl                 # a certificate for the tests of encrypted connections
    ffmpeg                  # ffplay: hear clips in the review; decoding itself needs no ffmpeg
)

missing=()
for package in "${packages[@]}"; do
    [ "$(dpkg-query -W -f='${db:Status-Status}' "$package" 2>/dev/null || true)" = installed ] || missing+=("$package")
done
if [ ${#missing[@]} -eq 0 ]; then
    echo "Debian packages: all ${#packages[@]} are there"
    exit 0
fi

if ! command -v apt-get >/dev/null; then
    echo "Debian packages: skipped, this machine has no apt-get: ${missing[*]}"
    exit 0
fi
as_root=()
if [ "$(id -u)" -ne 0 ]; then
    if sudo -n true 2>/dev/null; then
        as_root=(sudo -n)
    else
        echo "Debian packages: skipped, needs root: sudo apt-get install ${missing[*]}"
        exit 0
    fi
fi

"${as_root[@]}" apt-get update -qq || echo "Debian packages: the lists could not be updated"
for package in "${missing[@]}"; do
    if "${as_root[@]}" env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "$package" >/dev/null; then
        echo "Debian packages: installed $package"
    else
        echo "Debian packages: skipped, could not install $package"
    fi
done
