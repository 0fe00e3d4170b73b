#!/bin/sh
# `RUSTC_WRAPPER=fuzz/rustc.sh`: the libraries of linear algebra, networks and pictures, which read no file, are built
# without the fuzzer's instruments. They take most of the time otherwise, and what they count only hides what readers
# do.
rustc=$1
shift
plain=
case " $* " in
    *" --crate-name faer"* | *" --crate-name gemm"* | *" --crate-name nano_gemm"*) plain=1 ;;
    *" --crate-name private_gemm"* | *" --crate-name pxfm"* | *" --crate-name num_complex"*) plain=1 ;;
    *" --crate-name burn"* | *" --crate-name cubecl"* | *" --crate-name macerator"* | *" --crate-name pulp"*) plain=1 ;;
    *" --crate-name resvg"* | *" --crate-name usvg"* | *" --crate-name tiny_skia"*) plain=1 ;;
    *" --crate-name moxcms"* | *" --crate-name clap"* | *" --crate-name syn"*) plain=1 ;;
esac
if [ -n "$plain" ]; then
    for argument; do
        shift
        case $argument in
            -Cpasses=sancov-module | -Cllvm-args=-sanitizer-coverage* | -Zsanitizer=*) ;;
            *) set -- "$@" "$argument" ;;
        esac
    done
fi
exec "$rustc" "$@"
