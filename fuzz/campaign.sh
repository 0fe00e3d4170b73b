#!/bin/sh
# Fuzzes targets one after another and says what came of each:
#
#     fuzz/campaign.sh SECONDS [TARGET…]
#
# Starts from seeds/TARGET and corpus/TARGET; what is new goes to work/TARGET, findings to artifacts/TARGET. One
# processor, the limits that README.md explains. Needs cargo-fuzz, and no nightly compiler.
set -eu
cd "$(dirname "$0")"
seconds=$1
shift
if [ $# -eq 0 ]; then
    set -- $(cargo fuzz list --fuzz-dir .)
fi
export RUSTC_BOOTSTRAP=1 RAYON_NUM_THREADS=1 ASAN_OPTIONS="${ASAN_OPTIONS:-detect_leaks=0:allocator_may_return_null=0}"
[ "${LAYERPATH_FUZZ_BUILT:-}" = 1 ] || cargo fuzz build --fuzz-dir . --sanitizer address
machine=$(rustc --print host-tuple)

for target in "$@"; do
    length=4096 memory=32
    case $target in
        # 65,536 bytes that deflate unpacks to 1,032 times as many.
        npz | cifar10_parquet) length=65536 memory=80 ;;
        # Pages hold 5 MB of plotly.js, which is copied while they are made.
        analysis | study) length=40960 memory=64 ;;
        # A million checkpoints.
        plan) length=8192 memory=512 ;;
        checkpoint | pictures) length=16384 memory=64 ;;
        cifar10_binary) length=12298 ;;
    esac
    mkdir -p "work/$target" "corpus/$target" "artifacts/$target"
    log="work/$target.log"
    # 77 is a finding; the campaign goes on.
    "target/$machine/release/$target" "work/$target" "corpus/$target" "seeds/$target" \
        -artifact_prefix="artifacts/$target/" -max_total_time="$seconds" -max_len=$length -timeout=10 \
        -rss_limit_mb=2048 -malloc_limit_mb=$memory -print_final_stats=1 -use_value_profile=1 -handle_int=0 \
        -close_fd_mask=1 $([ -f "dictionaries/$target" ] && echo "-dict=dictionaries/$target") >"$log" 2>&1 ||
        echo "$target: ended with $?, see $log and artifacts/$target"
    executed=$(sed -n 's/^stat::number_of_executed_units: *//p' "$log")
    covered=$(grep -o 'cov: [0-9]*' "$log" | tail -1)
    echo "$target: ${executed:-?} inputs in $seconds s, $covered"
done
