# SPDX-License-Identifier: GPL-2.0-or-later
# Read by bash, through BASH_ENV, before a lab's script: show what runs, and note what fails with its line.
unset BASH_ENV
export -n VIGIA_LAB_LOG VIGIA_LAB_SCRIPT
trap '{ printf "vigia-lab: %s:%s: exit status %s: %s\n" "$VIGIA_LAB_SCRIPT" "$LINENO" "$?" "${BASH_COMMAND//$'"'\n'"'/ }" >> "$VIGIA_LAB_LOG"; } 2> /dev/null' ERR
set -x
