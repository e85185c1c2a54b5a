/*
 * Signals. KILL cannot be caught. A handler runs on the user's stack and
 * returns through the restorer, which issues SYS_sigreturn.
 */
#ifndef UAPI_SIGNAL_H
#define UAPI_SIGNAL_H

#define SIGINT 2
#define SIGKILL 9
#define SIGSEGV 11
#define SIGPIPE 13
#define SIGTERM 15
#define NSIG 16

#define SIG_DFL 0
#define SIG_IGN 1

#endif
