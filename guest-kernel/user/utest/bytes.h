/* bytes.h: what holds of pipes and of streams alike. `make` opens one: fds[0] to read, fds[1] to write. */
#ifndef UTEST_BYTES_H
#define UTEST_BYTES_H

typedef long (*make_channel)(int fds[2]);

/* Bytes come out as they went in, `rounds` times: 1000 and more, then `rest`, so that each round begins and ends elsewhere. */
void check_bytes_come_out(make_channel make, unsigned rest, int rounds);
/* The last writer's leaving ends it, behind what was written. */
void check_last_writer_ends_it(make_channel make);
/* A write without a reader is refused; and the writer killed, unless it ignores SIGPIPE. */
void check_no_reader_kills(make_channel make);
/* Something larger than it holds arrives whole: the writer sleeps half-way. */
void check_large_write_arrives(make_channel make, unsigned long size);

#endif
