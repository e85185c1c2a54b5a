# User programs. Each user/programs/*.c is one program; each user/load/*.c but load.c and byte_stream.c is one, linked with these; user/sh is
# the shell, user/utest the tests, user/kbench the benchmarks.
# All are linked with user/libc. Sets USER_ELVES.
UCFLAGS := $(WARN) $(FREESTANDING) -mgeneral-regs-only -fno-builtin -ffunction-sections -fdata-sections \
	-ffile-prefix-map=$(CURDIR)=. -Iuser/include -Iinclude -isystem $(shell $(CC) -print-file-name=include)
LIBC_OBJ := $(addprefix $(B)/obj/,$(addsuffix .o,$(sort $(basename $(wildcard user/libc/*.c user/libc/*.S)))) lib/memory.o)
SH_OBJ := $(addprefix $(B)/obj/,$(addsuffix .o,$(sort $(basename $(wildcard user/sh/*.c)))))
KBENCH_OBJ := $(addprefix $(B)/obj/,$(addsuffix .o,$(sort $(basename $(wildcard user/kbench/*.c)))))
UTEST_OBJ := $(addprefix $(B)/obj/,$(addsuffix .o,$(sort $(basename $(wildcard user/utest/*.c)))))
BIN_NAMES := $(sort $(notdir $(basename $(wildcard user/programs/*.c))))
LOAD_SHARED := load byte_stream
LOAD_NAMES := $(filter-out $(LOAD_SHARED),$(sort $(notdir $(basename $(wildcard user/load/*.c)))))
USER_ELVES := $(addprefix $(B)/user/,$(BIN_NAMES) $(LOAD_NAMES) sh kbench utest)

ULINK = $(LD) -nostdlib -static -z max-page-size=0x1000 -z noexecstack -z separate-code --gc-sections --build-id=none \
	-Ttext-segment=0x400000 -o $@ $(filter %.o,$^)

$(B)/obj/user/%.o: user/%.c Makefile user/user.mk
	@mkdir -p $(@D)
	@echo "  CC $<"
	$(Q)$(CC) $(UCFLAGS) -MMD -MP -c $< -o $@

$(B)/obj/user/%.o: user/%.S Makefile user/user.mk
	@mkdir -p $(@D)
	@echo "  CC $<"
	$(Q)$(CC) $(KASFLAGS) -Iuser/include -c $< -o $@

$(BIN_NAMES:%=$(B)/user/%): $(B)/user/%: $(B)/obj/user/programs/%.o $(LIBC_OBJ)
	@mkdir -p $(@D)
	@echo "  LD $@"
	$(Q)$(ULINK)

$(LOAD_NAMES:%=$(B)/user/%): $(B)/user/%: $(B)/obj/user/load/%.o $(LOAD_SHARED:%=$(B)/obj/user/load/%.o) $(LIBC_OBJ)
	@mkdir -p $(@D)
	@echo "  LD $@"
	$(Q)$(ULINK)

$(B)/user/sh: $(SH_OBJ) $(LIBC_OBJ)
	@mkdir -p $(@D)
	@echo "  LD $@"
	$(Q)$(ULINK)

$(B)/user/kbench: $(KBENCH_OBJ) $(LIBC_OBJ)
	@mkdir -p $(@D)
	@echo "  LD $@"
	$(Q)$(ULINK)

$(B)/user/utest: $(UTEST_OBJ) $(LIBC_OBJ)
	@mkdir -p $(@D)
	@echo "  LD $@"
	$(Q)$(ULINK)

-include $(wildcard $(B)/obj/user/*/*.d)
