/*
 * The fix of the splice flaw (fs/stream_buffers.c), code only. It is not enough for a kernel that runs: a spliced buffer that is
 * there already keeps its flags, so an exploit that had come so far before the update still succeeds. pipe-flags repairs these too.
 */
#include <lucos_update.h>
#include "clean-refer.h"

LUCOS_UPDATE("pipe-flags-code", "1.0", "splice sets the flags of the buffer it fills");

LUCOS_REPLACE(stream_refer, clean_refer);
