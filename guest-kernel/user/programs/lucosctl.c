/*
 * lucosctl: live updates from inside the guest, through /dev/lucos.
 *
 * Exit codes: 0 done, 1 internal error, 2 usage, 3 refused and nothing changed, 7 there is no Update Manager.
 * What was asked for goes to standard output, as text or JSON; refusals and errors go to standard error too.
 */
#include <lucos_abi.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <uapi/lucosctl.h>
#include <unistd.h>

enum { DONE = 0, INTERNAL = 1, USAGE = 2, REFUSED = 3, UNREACHABLE = 7 };

static int json;
static int verify_coherence;
static long device;

struct command {
	const char *name;
	int (*run)(const char *argument);
	int needs;		/* 1: an argument, 0: may have one, -1: has none */
	const char *usage, *help;
};

/* Prints a JSON string, quotes and all. */
static void quoted(const char *text)
{
	printf("\"");
	for (; *text; text++) {
		if (*text == '"' || *text == '\\')
			printf("\\%c", *text);
		else if ((unsigned char)*text < ' ')
			printf("\\u%04x", *text);
		else
			printf("%c", *text);
	}
	printf("\"");
}

static void field(const char *name, const char *text)
{
	printf("\"%s\":", name);
	quoted(text);
}

static int refused(unsigned code, const char *detail)
{
	dprintf(STDERR, "lucosctl: refused: %s %s\n", lucos_refusal_name(code), detail);
	dprintf(STDERR, "lucosctl: %s\n", lucos_refusal_advice(code));
	if (json) {
		printf("{\"version\":1,\"kind\":\"refusal\",");
		field("refusal", lucos_refusal_name(code));
		printf(",");
		field("detail", detail);
		printf(",");
		field("advice", lucos_refusal_advice(code));
		printf("}\n");
	}
	return REFUSED;
}

static int failed(long error, const char *what)
{
	warn(error, "%s", what);
	return error == -EPERM || error == -EACCES ? REFUSED : INTERNAL;
}

static int report(const char *verb, const struct lucosctl_request *request)
{
	const char *state = lucos_update_state_name(request->state);

	if (request->refusal)
		return refused(request->refusal, request->detail);
	if (json) {
		printf("{\"version\":1,\"kind\":\"%s\",", verb);
		field("name", request->name);
		printf(",");
		field("updateVersion", request->version);
		printf(",\"id\":%u,\"state\":\"%s\",\"activations\":%u}\n", request->update_id, state,
			request->activations);
	} else if (request->state == LUCOS_UPDATE_NONE) {
		printf("%s %s can be applied\n", request->name, request->version);
	} else if (request->activations) {
		printf("%s %s: %s, %u activations to go (lucosctl status %s)\n", request->name, request->version, state,
			request->activations, request->name);
	} else {
		printf("%s %s: %s\n", request->name, request->version, state);
	}
	return DONE;
}

static int send_package(unsigned long command, const char *verb, const char *path)
{
	static struct lucosctl_request request;
	static char image[LUCOS_MAX_PACKAGE_BYTES + 1];
	long fd = open(path, O_RDONLY, 0), size, error;

	if (fd < 0) {
		warn(fd, "%s", path);
		return USAGE;
	}
	size = read_all(fd, image, sizeof(image));	/* a byte too many is the Update Manager's to refuse */
	close(fd);
	if (size < 0)
		return failed(size, path);
	request.image = (unsigned long)image;
	request.image_size = size;
	request.verify_coherence = verify_coherence;
	error = ioctl(device, command, (unsigned long)&request);
	return error ? failed(error, path) : report(verb, &request);
}

static int send_name(unsigned long command, const char *verb, const char *name)
{
	static struct lucosctl_request request;
	long error;

	if (strlcpy(request.name, name, sizeof(request.name)) >= sizeof(request.name))
		return refused(LUCOS_REFUSAL_NO_SUCH_UPDATE, "names have at most 63 characters");
	error = ioctl(device, command, (unsigned long)&request);
	return error ? failed(error, name) : report(verb, &request);
}

static int check(const char *path)
{
	return send_package(LUCOSCTL_CHECK, "check", path);
}

static int apply(const char *path)
{
	return send_package(LUCOSCTL_APPLY, "apply", path);
}

static int undo(const char *name)
{
	return send_name(LUCOSCTL_UNDO, "undo", name);
}

static int cancel(const char *name)
{
	return send_name(LUCOSCTL_CANCEL, "cancel", name);
}

static const char *frame_kind(unsigned kind)
{
	switch (kind) {
	case LUCOS_CONTEXT_INTERRUPT_FRAME:
		return "interrupted";
	case LUCOS_CONTEXT_SWITCHED_OUT:
		return "switched-out";
	}
	return "return-address";
}

static void print_blocker(const struct lucosctl_blocker *blocker, int first)
{
	unsigned long milliseconds = blocker->for_ns / 1000000;

	if (json) {
		printf("%s{\"thread\":%u,", first ? "" : ",", blocker->thread);
		field("threadName", blocker->thread_name);
		printf(",");
		field("function", blocker->function);
		printf(",\"offset\":%lu,\"frame\":%u,\"kind\":\"%s\",\"milliseconds\":%lu,", blocker->offset,
			blocker->depth, frame_kind(blocker->kind), milliseconds);
		field("waitingOn", blocker->waiting_on);
		printf("}");
		return;
	}
	printf("  blocked by thread %u (%s) in %s+0x%lx, frame %u, %s, for %lu ms%s%s\n", blocker->thread,
		blocker->thread_name, blocker->function, blocker->offset, blocker->depth, frame_kind(blocker->kind),
		milliseconds, blocker->waiting_on[0] ? ", waiting on " : "", blocker->waiting_on);
}

static void print_blockers(const struct lucosctl_update *update)
{
	static struct lucosctl_blocker blocker;

	for (unsigned i = 0; i < update->blocker_count; i++) {
		memset(&blocker, 0, sizeof(blocker));
		strlcpy(blocker.name, update->name, sizeof(blocker.name));
		blocker.index = i;
		if (ioctl(device, LUCOSCTL_BLOCKER, (unsigned long)&blocker))
			break;
		print_blocker(&blocker, i == 0);
	}
}

static const char *phase_name(unsigned phase)
{
	static const char *const names[] = {"old", "prepared", "coexists", "new", "failed"};

	return phase < sizeof(names) / sizeof(names[0]) ? names[phase] : "unknown";
}

static const char *word_of(const char *const *words, unsigned count, unsigned value)
{
	return value && value <= count ? words[value - 1] : "unknown";
}

static void print_type(const struct lucosctl_type *type, int first)
{
	static const char *const placements[] = {"twin", "in-place", "shadow"};
	static const char *const interceptions[] = {"step", "emulate", "service"};
	static const char *const transfers[] = {"each-write", "on-unlock", "lazy", "once"};
	const char *placement = word_of(placements, 3, type->placement);
	const char *interception = word_of(interceptions, 3, type->interception);
	const char *transfer = word_of(transfers, 4, type->transfer);

	if (!json) {
		printf("  type %s: %s %s, %s, %s, %s, %u to %u bytes, %lu instances\n", type->type,
			type->source == LUCOS_SOURCE_CACHE ? "cache" : "variable", type->cache, placement, interception,
			transfer, type->old_size, type->new_size, type->instances);
		return;
	}
	printf("%s{", first ? "" : ",");
	field("type", type->type);
	printf(",");
	field("cache", type->cache);
	printf(",");
	field("placement", placement);
	printf(",");
	field("interception", interception);
	printf(",");
	field("transfer", transfer);
	printf(",\"oldBytes\":%u,\"newBytes\":%u,\"instances\":%lu}", type->old_size, type->new_size, type->instances);
}

static void print_types(const struct lucosctl_update *update)
{
	static struct lucosctl_type type;

	for (unsigned i = 0; i < update->type_count; i++) {
		memset(&type, 0, sizeof(type));
		strlcpy(type.name, update->name, sizeof(type.name));
		type.index = i;
		if (ioctl(device, LUCOSCTL_TYPE, (unsigned long)&type))
			break;
		print_type(&type, i == 0);
	}
}

/* Of updates that change data, or whose leaving is awaited by stubs. */
static void print_data(const struct lucosctl_update *update)
{
	if (json) {
		printf(",\"stubs\":%u,\"phase\":\"%s\",\"monitored\":%u,\"intercepted\":%lu,\"transfers\":%lu,"
			"\"falseSharing\":%lu,\"verifyCoherence\":%s,\"types\":[", update->stubs, phase_name(update->phase),
			update->instances, update->intercepted, update->transfers, update->false_sharing,
			update->verify_coherence ? "true" : "false");
		print_types(update);
		printf("]");
		return;
	}
	if (update->stubs)
		printf("  %u returns awaited by stubs\n", update->stubs);
	if (!update->type_count)
		return;
	printf("  data: %s, %u instances monitored, %lu stores intercepted, %lu transfers, %lu by false sharing%s\n",
		phase_name(update->phase), update->instances, update->intercepted, update->transfers,
		update->false_sharing, update->verify_coherence ? ", coherence verified" : "");
	print_types(update);
}

static void print_update(const struct lucosctl_update *update, int first, int details)
{
	const char *state = lucos_update_state_name(update->state);

	if (!json && !details) {
		printf("%u %s %s %s\n", update->id, update->name, update->version, state);
		return;
	}
	if (!json) {
		printf("%s %s: %s (update %u, %u functions, module at 0x%lx+%lu, paused the guest for %lu blocks)\n",
			update->name, update->version, state, update->id, update->function_count, update->module_base,
			update->module_size, update->pause_blocks);
		print_data(update);
		print_blockers(update);
		return;
	}
	printf("%s{", first ? "" : ",");
	field("name", update->name);
	printf(",");
	field("updateVersion", update->version);
	printf(",\"id\":%u,\"state\":\"%s\",\"activations\":%u,\"functions\":%u", update->id, state,
		update->activations, update->function_count);
	printf(",\"pauseGuestBlocks\":%lu,\"appliedAtBlock\":%lu", update->pause_blocks, update->applied_at_block);
	if (details) {
		print_data(update);
		printf(",\"blockers\":[");
		print_blockers(update);
		printf("]");
	}
	printf("}");
}

/* All updates, or the one of that name. */
static int show(const char *kind, const char *name, int details)
{
	static struct lucosctl_update update;
	unsigned count = 0;
	long error = 0;

	if (json)
		printf("{\"version\":1,\"kind\":\"%s\",\"updates\":[", kind);
	for (; !error && (count == 0 || !name); count++) {
		memset(&update, 0, sizeof(update));
		update.index = count;
		strlcpy(update.name, name ? name : "", sizeof(update.name));
		error = ioctl(device, LUCOSCTL_UPDATE, (unsigned long)&update);
		if (error)
			break;
		print_update(&update, count == 0, details);
	}
	if (json)
		printf("]}\n");
	if (error && error != -ENOENT)
		return failed(error, "/dev/lucos");
	if (name && count == 0) {
		dprintf(STDERR, "lucosctl: refused: %s %s is not applied\n",
			lucos_refusal_name(LUCOS_REFUSAL_NO_SUCH_UPDATE), name);
		return REFUSED;
	}
	if (!json && count == 0)
		printf("no update is applied\n");
	return DONE;
}

static int status(const char *name)
{
	return show("status", name, 1);
}

static int list(const char *unused)
{
	(void)unused;
	return show("list", NULL, 0);
}

static void print_event(const struct lucosctl_event *event, int first)
{
	if (json) {
		printf("%s{\"milliseconds\":%lu,", first ? "" : ",", event->time_ns / 1000000);
		field("name", event->name);
		printf(",");
		field("updateVersion", event->version);
		printf(",");
		field("event", event->event);
		printf(",");
		field("refusal", event->refusal ? lucos_refusal_name(event->refusal) : "");
		printf(",");
		field("detail", event->detail);
		printf("}");
		return;
	}
	printf("%lu ms %s%s%s: %s", event->time_ns / 1000000, event->name[0] ? event->name : "(package)",
		event->version[0] ? " " : "", event->version, event->event);
	if (event->refusal)
		printf(" refused: %s %s", lucos_refusal_name(event->refusal), event->detail);
	else if (event->detail[0])
		printf(": %s", event->detail);
	printf("\n");
}

static int history(const char *unused)
{
	static struct lucosctl_event event;
	long error = 0;

	(void)unused;
	if (json)
		printf("{\"version\":1,\"kind\":\"history\",\"events\":[");
	for (unsigned i = 0; !error; i++) {
		event.index = i;
		error = ioctl(device, LUCOSCTL_HISTORY, (unsigned long)&event);
		if (!error)
			print_event(&event, i == 0);
	}
	if (json)
		printf("]}\n");
	return error == -ENOENT ? DONE : failed(error, "/dev/lucos");
}

static const struct command commands[] = {
	{"check", check, 1, "check FILE", "verifies a package against the running kernel and changes nothing"},
	{"apply", apply, 1, "apply FILE",
		"applies a package to the running kernel; with --verify-coherence every state transfer is checked"},
	{"undo", undo, 1, "undo NAME", "takes an update back"},
	{"cancel", cancel, 1, "cancel NAME", "takes an update back that is still draining"},
	{"status", status, 0, "status [NAME]",
		"shows the updates, or one of them, and who keeps them from finishing"},
	{"list", list, -1, "list", "lists the updates, oldest first: id, name, version, state"},
	{"history", history, -1, "history", "tells what happened to updates since boot"},
};

#define COMMANDS (sizeof(commands) / sizeof(commands[0]))

static int help(int fd, int code)
{
	dprintf(fd, "usage: lucosctl [-o text|json] COMMAND\n");
	for (unsigned i = 0; i < COMMANDS; i++)
		dprintf(fd, "  %-14s %s\n", commands[i].usage, commands[i].help);
	dprintf(fd, "exit codes: 0 done, 1 internal error, 2 usage, 3 refused, 7 no Update Manager\n");
	return code;
}

static int help_one(const struct command *command, int fd, int code)
{
	dprintf(fd, "usage: lucosctl [-o text|json] %s\n  %s\n", command->usage, command->help);
	return code;
}

static int run(const struct command *command, const char *argument)
{
	if (command->needs > 0 ? !argument : command->needs < 0 && argument != NULL)
		return help_one(command, STDERR, USAGE);
	device = open("/dev/lucos", O_RDWR, 0);
	if (device == -EACCES || device == -EPERM)
		return refused(LUCOS_REFUSAL_NOT_PRIVILEGED, "/dev/lucos is root's");
	if (device < 0) {
		warn(device, "/dev/lucos: no Update Manager (insmod /lib/modules/update-manager.ko)");
		return UNREACHABLE;
	}
	return command->run(argument);
}

int main(int argc, char **argv)
{
	const struct command *command = NULL;
	const char *argument = NULL;

	program_name = "lucosctl";
	for (int i = 1; i < argc; i++) {
		if (!strcmp(argv[i], "--help") || !strcmp(argv[i], "-h"))
			return command ? help_one(command, STDOUT, DONE) : help(STDOUT, DONE);
		if (!strcmp(argv[i], "-o") || !strcmp(argv[i], "--output")) {
			const char *format = i + 1 < argc ? argv[++i] : "";

			if (strcmp(format, "text") && strcmp(format, "json"))
				return help(STDERR, USAGE);
			json = !strcmp(format, "json");
		} else if (command && command->run == apply && !strcmp(argv[i], "--verify-coherence")) {
			verify_coherence = 1;
		} else if (!command) {
			for (unsigned c = 0; c < COMMANDS; c++)
				command = strcmp(argv[i], commands[c].name) ? command : &commands[c];
			if (!command)
				return help(STDERR, USAGE);
		} else if (argument || argv[i][0] == '-') {
			return help_one(command, STDERR, USAGE);
		} else {
			argument = argv[i];
		}
	}
	return command ? run(command, argument) : help(STDERR, USAGE);
}
