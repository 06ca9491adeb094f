#!/bin/sh
# Builds the shop into the folder named by the first argument.
set -eu
mkdir -p "$1"
{
    echo "the shop"
    git log -1 --format='commit %H%n%s (%an)'
} > "$1/shop.txt"
cp test.sh "$1/test.sh"
echo "built $(wc -c < "$1/shop.txt") bytes"
