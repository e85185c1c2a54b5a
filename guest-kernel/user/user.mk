# User programs. Each .c in user/ is one program, linked with user/libc/.
UCFLAGS := $(WARN) $(FREESTANDING) -mno-sse -mgeneral-regs-only -fno-builtin -Iinclude -Iuser/libc
LIBC_OBJ := $(patsubst %,$(B)/obj/%.o,$(basename $(wildcard user/libc/*.c user/libc/*.S)))
USER_NAMES := $(sort $(notdir $(basename $(wildcard user/*.c))))
USER_ELVES := $(USER_NAMES:%=$(B)/user/%)

$(B)/obj/user/%.o: user/%.c Makefile
	@mkdir -p $(@D)
	$(CC) $(UCFLAGS) -MMD -MP -c $< -o $@

$(B)/obj/user/%.o: user/%.S Makefile
	@mkdir -p $(@D)
	$(CC) $(KASFLAGS) -Iuser/libc -c $< -o $@

$(B)/user/%: $(B)/obj/user/%.o $(LIBC_OBJ)
	@mkdir -p $(@D)
	$(LD) -nostdlib -static -z max-page-size=0x1000 -z noexecstack -Ttext-segment=0x400000 -o $@ $^
