# The package verifier's tests: the module's own sources, compiled for the host with sanitizers, against a made-up kernel.
#   make host-test

HOST_TEST := modules/update-manager/host-test
HOST_TEST_SOURCES := $(wildcard $(HOST_TEST)/*.c) \
	$(addprefix modules/update-manager/,elf_image.c kernel_match.c package.c package_arrays.c \
		package_callbacks.c package_handlers.c package_text.c package_types.c sha256.c updates.c verdict.c)
HOST_TEST_FLAGS := $(WARN) -std=gnu11 -ffreestanding -nostdinc -Iinclude -g -O1 -fno-omit-frame-pointer \
	-fsanitize=address,undefined -fno-sanitize-recover=all

$(B)/host-test: $(HOST_TEST_SOURCES) $(wildcard $(HOST_TEST)/*.h modules/update-manager/*.h) include/lucos_abi.h
	@mkdir -p $(@D)
	$(HOSTCC) $(HOST_TEST_FLAGS) -o $@ $(HOST_TEST_SOURCES)

host-test: $(B)/host-test
	$(B)/host-test

.PHONY: host-test
