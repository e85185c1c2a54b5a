/*
 * Tests of the package verifier, run on the host under ASan and UBSan. Every accepting test has siblings that refuse.
 * `tests` runs all; its last line is `N passed, N failed`.
 */
#include <kernel/string.h>
#include "fake_kernel.h"
#include "harness.h"
#include "../sha256.h"
#include "../updates.h"

int printf(const char *format, ...) __printf(1, 2);

static void digests(void)
{
	static const u8 abc[4] = { 0xba, 0x78, 0x16, 0xbf }, empty[4] = { 0xe3, 0xb0, 0xc4, 0x42 };
	static const u8 million[4] = { 0xcd, 0xc7, 0x6e, 0x5c };
	struct sha256 hash;
	u8 digest[32], a = 'a';

	sha256_of("abc", 3, digest);
	check(!memcmp(digest, abc, 4), "Sha256OfAbcIsThatOfTheStandard", "");
	sha256_of("", 0, digest);
	check(!memcmp(digest, empty, 4), "Sha256OfNothingIsThatOfTheStandard", "");
	sha256_begin(&hash);
	for (u32 i = 0; i < 1000000; i++)
		sha256_add(&hash, &a, 1);
	sha256_end(&hash, digest);
	check(!memcmp(digest, million, 4), "Sha256OfAMillionAsIsThatOfTheStandard", "");
}

static void accepted(void)
{
	start();
	make(&made);
	expect(0, "", "WellFormedPackageIsAccepted");

	start();
	recipe_replace(&made, "padded");
	make(&made);
	expect(0, "", "ShortFunctionFollowedByPaddingIsAccepted");

	start();
	made.undefined[1] = "twin.in.two.c";
	make(&made);
	expect(0, "", "AmbiguousSymbolIsAcceptedWithItsFile");

	start();
	recipe_replace(&made, "padded");
	made.oldbytes_size++;
	make(&made);
	expect(0, "", "OldBytesThatNoFunctionClaimsAreAccepted");
}

static void bad_manifests(void)
{
	start();
	make(&made);
	made.bytes[made.offset[MADE_MANIFEST]] ^= 1;
	reseal(&made);
	expect(LUCOS_REFUSAL_BAD_PACKAGE, LUCOS_PACKAGE_MAGIC, "WrongMagicIsRefused");

	start();
	made.manifest.flags = 0;
	make(&made);
	expect(LUCOS_REFUSAL_BAD_PACKAGE, "not a built package", "UnbuiltPackageIsRefused");

	start();
	strlcpy(made.manifest.name, "../etc", sizeof(made.manifest.name));
	make(&made);
	expect(LUCOS_REFUSAL_BAD_PACKAGE, "name", "NameWithASlashIsRefused");

	start();
	memset(made.manifest.name, 'a', sizeof(made.manifest.name));
	make(&made);
	expect(LUCOS_REFUSAL_BAD_PACKAGE, "name", "UnterminatedNameIsRefused");

	start();
	strlcpy(made.manifest.version, "1\n2", sizeof(made.manifest.version));
	make(&made);
	expect(LUCOS_REFUSAL_BAD_PACKAGE, "printable", "VersionWithANewlineIsRefused");

	start();
	made.func_count = 0;
	make(&made);
	expect(LUCOS_REFUSAL_BAD_PACKAGE, "replaces no function", "PackageWithoutFunctionsIsRefused");
}

static void bad_functions(void)
{
	start();
	made.funcs[0].old_bytes_offset = 0xffffffff;
	make(&made);
	expect(LUCOS_REFUSAL_BAD_PACKAGE, "old bytes", "OldBytesOutsideTheirSectionAreRefused");

	start();
	made.funcs[0].old_hash[3] ^= 0x10;
	make(&made);
	expect(LUCOS_REFUSAL_BAD_PACKAGE, "hash", "WrongHashOfOldBytesIsRefused");

	start();
	made.funcs[0].new_size = 65;
	make(&made);
	expect(LUCOS_REFUSAL_BAD_PACKAGE, "new bytes", "NewFunctionBeyondItsSectionIsRefused");

	start();
	make(&made);
	made.bytes[made.offset[MADE_RELA_FUNCS]] += 8;	/* r_offset: fills in old_address instead */
	reseal(&made);
	expect(LUCOS_REFUSAL_BAD_PACKAGE, "nothing else does", "RelocationThatFillsNoAddressIsRefused");

	start();
	made.func_count = 2;
	make(&made);
	memcpy(made.bytes + made.offset[MADE_RELA_FUNCS] + 24, made.bytes + made.offset[MADE_RELA_FUNCS], 24);
	reseal(&made);
	expect(LUCOS_REFUSAL_BAD_PACKAGE, "nothing else does", "SecondRelocationOfOneAddressIsRefused");

	start();
	make(&made);
	made.bytes[made.offset[MADE_RELA_FUNCS] + 12] = MADE_SYMBOL_UNDEFINED;
	reseal(&made);
	expect(LUCOS_REFUSAL_BAD_PACKAGE, "not code", "NewFunctionOutsideThePackageIsRefused");

	start();
	recipe_replace(&made, "answer");
	make(&made);
	expect(LUCOS_REFUSAL_DUPLICATE_TARGET, "answer", "FunctionReplacedTwiceIsRefused");

	start();
	made.callbacks[1].kind = LUCOS_CALLBACK_STARTUP;
	made.callback_count = 2;
	make(&made);
	expect(LUCOS_REFUSAL_BAD_PACKAGE, "second", "SecondStartupIsRefused");

	start();
	made.callbacks[0].kind = 6;
	make(&made);
	expect(LUCOS_REFUSAL_BAD_PACKAGE, "not known", "UnknownCallbackIsRefused");
}

/* Each section alone is well-formed; together they claim more than the file has. */
static void overlaps(void)
{
	struct elf_section_view {
		u32 name, type;
		u64 flags, address, offset, size;
	} *text, *callbacks;

	start();
	make(&made);
	text = (struct elf_section_view *)(made.bytes + made.section_table + MADE_TEXT * 64);
	callbacks = (struct elf_section_view *)(made.bytes + made.section_table + MADE_CALLBACKS * 64);
	text->offset = 0;
	text->size = made.size;
	callbacks->offset = 0;
	callbacks->size = made.size;
	reseal(&made);
	expect(LUCOS_REFUSAL_BAD_PACKAGE, "overlap in the file", "OverlappingSectionsAreRefused");

	start();
	recipe_replace(&made, "padded");
	made.funcs[1].old_bytes_offset = made.funcs[0].old_bytes_offset;
	made.oldbytes_size = made.funcs[0].old_size + made.funcs[1].old_size - 1;
	memcpy(made.oldbytes + made.funcs[0].old_bytes_offset, fake_text + 0x100, made.funcs[0].old_size);
	sha256_of(made.oldbytes + made.funcs[1].old_bytes_offset, made.funcs[1].old_size, made.funcs[1].old_hash);
	make(&made);
	expect(LUCOS_REFUSAL_BAD_PACKAGE, "claim", "FunctionsThatShareOldBytesAreRefused");
}

static void long_nops(void)
{
	static const u8 nop[3] = { 0x0f, 0x1f, 0x00 }, breakpoints[2] = { 0xcc, 0xcc };
	u64 padding = fake_find("padded")->address + 3;

	start();
	recipe_replace(&made, "padded");
	make(&made);
	memcpy(fake_text + (padding - fake_find("answer")->address + 0x100), nop, sizeof(nop));
	expect(LUCOS_REFUSAL_FUNCTION_TOO_SHORT, "padded", "NopOfSeveralBytesIsNoPadding");

	memcpy(fake_text + (padding - fake_find("answer")->address + 0x100), breakpoints, sizeof(breakpoints));
	expect(0, "", "Int3IsPadding");
}

static void other_kernels(void)
{
	start();
	made.manifest.build_id[0] ^= 1;
	make(&made);
	expect(LUCOS_REFUSAL_BUILD_ID_MISMATCH, "c1ffee01", "PackageForAnotherKernelIsRefused");

	start();
	made.undefined[1] = "nowhere";
	make(&made);
	expect(LUCOS_REFUSAL_MISSING_SYMBOL, "nowhere", "SymbolThatTheKernelLacksIsRefused");

	start();
	made.undefined[1] = "twin";
	make(&made);
	expect(LUCOS_REFUSAL_AMBIGUOUS_SYMBOL, "one.c, two.c", "AmbiguousSymbolIsRefusedWithItsFiles");

	start();
	strlcpy(made.funcs[0].old_name, "gone", sizeof(made.funcs[0].old_name));
	make(&made);
	expect(LUCOS_REFUSAL_MISSING_SYMBOL, "gone", "MissingTargetIsRefused");

	start();
	recipe_replace(&made, "twin");
	make(&made);
	expect(LUCOS_REFUSAL_AMBIGUOUS_SYMBOL, "twin", "AmbiguousTargetIsRefused");

	start();
	made.funcs[0].old_address++;
	make(&made);
	expect(LUCOS_REFUSAL_BAD_PACKAGE, "answer is at", "WrongAddressOfATargetIsRefused");

	start();
	recipe_replace(&made, "number");
	make(&made);
	expect(LUCOS_REFUSAL_BAD_PACKAGE, "number", "VariableAsTargetIsRefused");

	start();
	recipe_replace(&made, "tiny");
	make(&made);
	expect(LUCOS_REFUSAL_FUNCTION_TOO_SHORT, "tiny has 3 bytes", "FunctionTooShortForTheJumpIsRefused");

	start();
	make(&made);
	fake_text[0x102] ^= 0xff;
	expect(LUCOS_REFUSAL_OLD_BYTES_MISMATCH, "answer+0x2: expected 0f 16 1d 24 2b 32 39 40, found f0 16",
		"ChangedCodeIsRefusedWithBothBytes");
}

/* A standing update that replaces `answer`, its jump in memory. */
static struct update *stand(const char *name)
{
	static struct update update;
	static struct lucos_function_desc function;
	static struct lucos_package_dependency dependency;

	memset(&update, 0, sizeof(update));
	function.old_address = fake_find("answer")->address;
	function.old_bytes = (u64)(fake_booted_text + 0x100);
	update.functions = &function;
	update.function_count = 1;
	update.dependencies = &dependency;
	update.state = LUCOS_UPDATE_FINISHED;
	strlcpy(update.name, name, sizeof(update.name));
	strlcpy(update.version, "1.0", sizeof(update.version));
	list_add_tail(&update.link, &update_list);
	memcpy(fake_text + 0x100, "\xe9\x11\x22\x33\x44", 5);
	return &update;
}

static void depend(u32 kind, const char *name, const char *version)
{
	made.deps[0].kind = kind;
	strlcpy(made.deps[0].name, name, sizeof(made.deps[0].name));
	strlcpy(made.deps[0].version, version, sizeof(made.deps[0].version));
	made.dep_count = 1;
	make(&made);
}

static void standing_updates(void)
{
	struct update *update;

	start();
	make(&made);
	stand("other");
	expect(0, "", "UpdateOfAnUpdatedFunctionIsAccepted");
	fake_text[0x106] ^= 1;
	expect(LUCOS_REFUSAL_OLD_BYTES_MISMATCH, "answer+0x6", "ChangeBehindAnUpdatesJumpIsRefused");

	start();
	make(&made);
	stand("fix-answer");
	expect(LUCOS_REFUSAL_ALREADY_APPLIED, "fix-answer 1.0", "SecondApplicationIsRefused");

	start();
	depend(LUCOS_DEPENDENCY_DEPENDS_ON, "base", "");
	expect(LUCOS_REFUSAL_DEPENDENCY_MISSING, "base", "MissingDependencyIsRefused");
	update = stand("base");
	expect(0, "", "PresentDependencyIsAccepted");
	update->state = LUCOS_UPDATE_ROLLING_BACK;
	expect(LUCOS_REFUSAL_DEPENDENCY_MISSING, "base", "DependencyThatIsRollingBackIsRefused");
	update->state = LUCOS_UPDATE_FINISHED;
	depend(LUCOS_DEPENDENCY_DEPENDS_ON, "base", "2.0");
	expect(LUCOS_REFUSAL_DEPENDENCY_MISSING, "base 2.0", "DependencyOfAnotherVersionIsRefused");

	start();
	depend(LUCOS_DEPENDENCY_CONFLICTS_WITH, "base", "");
	expect(0, "", "AbsentConflictIsAccepted");
	stand("base");
	expect(LUCOS_REFUSAL_CONFLICT, "base", "ConflictIsRefused");

	start();
	make(&made);
	update = stand("base");
	update->dependencies->kind = LUCOS_DEPENDENCY_CONFLICTS_WITH;
	strlcpy(update->dependencies->name, "fix-answer", sizeof(update->dependencies->name));
	update->dependency_count = 1;
	expect(LUCOS_REFUSAL_CONFLICT, "base", "ConflictThatTheStandingUpdateDeclaresIsRefused");

	start();
	depend(7, "base", "");
	expect(LUCOS_REFUSAL_BAD_PACKAGE, "dependency 0", "UnknownKindOfDependencyIsRefused");
}

/* Each length but the whole one, in a buffer of just that length so that ASan sees a byte read too many. */
static void truncations(void (*recipe)(struct made *))
{
	void *malloc(size_t size);
	void free(void *p);
	struct verdict verdict;
	u32 accepted_ones = 0;

	start();
	recipe(&made);
	make(&made);
	for (u64 size = 0; size < made.size; size++) {
		u8 *copy = malloc(size ? size : 1);

		memcpy(copy, made.bytes, size);
		accepted_ones += verify(copy, size, &verdict) == 0;
		free(copy);
	}
	check(accepted_ones == 0, "EveryTruncationIsRefused", "some were not");
}

static void bit_flips(void (*recipe)(struct made *))
{
	struct verdict verdict;
	u32 accepted_ones = 0, other = 0;

	start();
	recipe(&made);
	make(&made);
	for (u64 bit = 0; bit < made.size * 8; bit++) {
		made.bytes[bit / 8] ^= 1 << bit % 8;
		switch (verify(made.bytes, made.size, &verdict)) {
		case 0:
			accepted_ones++;
			break;
		case LUCOS_REFUSAL_BAD_PACKAGE:
		case LUCOS_REFUSAL_DIGEST_MISMATCH:
		case LUCOS_REFUSAL_TOO_LARGE:
			break;
		default:
			other++;
		}
		made.bytes[bit / 8] ^= 1 << bit % 8;
	}
	check(accepted_ones == 0, "EveryFlippedBitIsRefused", "some were not");
	check(other == 0, "FlippedBitsAreRefusedAsDamage", "some were refused as something else");
	expect(0, "", "PackageIsAcceptedAgainAfterAllFlipsAreTakenBack");
}

/* Damage with a fitting digest, as an attacker would make it: refused or not, nothing may be read out of bounds. */
static void resealed_damage(void (*recipe)(struct made *))
{
	static struct made damaged;
	struct verdict verdict;
	u64 random = 88172645463325252UL;
	u32 refused = 0, rounds = 20000;

	start();
	recipe(&made);
	make(&made);
	for (u32 round = 0; round < rounds; round++) {
		damaged = made;
		for (u32 i = 0; i < 1 + round % 4; i++) {
			random ^= random << 13;
			random ^= random >> 7;
			random ^= random << 17;
			if (round % 2)	/* in the section table: most that can go wrong goes wrong there */
				damaged.bytes[made.section_table + random % (MADE_SECTIONS * 64)] = random >> 32;
			else
				damaged.bytes[random % made.size] = random >> 32;
		}
		reseal(&damaged);
		refused += verify(damaged.bytes, damaged.size, &verdict) != 0;
	}
	check(refused > rounds / 4, "ResealedDamageIsRefusedOrHarmless", "too little of it was refused");
}

static void too_large(void)
{
	struct verdict verdict;

	check(verify(made.bytes, LUCOS_MAX_PACKAGE_BYTES + 1UL, &verdict) == LUCOS_REFUSAL_TOO_LARGE,
		"FileAboveTheLimitIsRefusedUnread", verdict.detail);
}

int main(void)
{
	static void (*const recipes[])(struct made *) = { recipe_default, recipe_data };

	digests();
	accepted();
	bad_manifests();
	bad_functions();
	overlaps();
	long_nops();
	other_kernels();
	standing_updates();
	data_tests();
	for (u32 i = 0; i < ARRAY_SIZE(recipes); i++) {
		truncations(recipes[i]);
		bit_flips(recipes[i]);
		resealed_damage(recipes[i]);
	}
	too_large();
	printf("update-manager: %u passed, %u failed\n", passed, failed);
	return failed != 0;
}
