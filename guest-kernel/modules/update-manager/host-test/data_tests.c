/* Packages that change data: each rule of a type, a preserved field and a callback, with what keeps it and what breaks it. */
#include <kernel/string.h>
#include "fake_kernel.h"
#include "harness.h"
#include "../kernel_match.h"

#define MEMBER(name) offsetof(struct lucos_package_type, name)
#define TYPE_SIZE sizeof(struct lucos_package_type)

static struct lucos_package_type *const type = &made.types[0];

static void start_cache(void)
{
	start();
	recipe_cache(&made);
}

static void start_variable(void)
{
	start();
	recipe_variable(&made);
}

static void start_shadow(void)
{
	start_cache();
	type->placement = LUCOS_PLACEMENT_SHADOW;
	recipe_address(&made, 0, MEMBER(to_old), MADE_SYMBOL_NULL, 0);
}

static void fill(u32 member, u32 symbol, s64 addend)
{
	recipe_address(&made, 0, member, symbol, addend);
}

static void accept(const char *claim)
{
	make(&made);
	expect(0, "", claim);
}

static void refuse_as(u32 refusal, const char *part, const char *claim)
{
	make(&made);
	expect(refusal, part, claim);
}

static void bad(const char *part, const char *claim)
{
	refuse_as(LUCOS_REFUSAL_BAD_PACKAGE, part, claim);
}

/* Breaks one number of the default type. */
#define BAD_NUMBER(member, value, part, claim)							\
	do {											\
		start_cache();									\
		type->member = (value);								\
		bad(part, claim);								\
	} while (0)

static void accepted(void)
{
	start_cache();
	accept("TypeOfACacheIsAccepted");
	start_variable();
	accept("TypeOfAVariableIsAccepted");
	start_shadow();
	accept("ShadowIsAccepted");
	start();
	recipe_data(&made);
	accept("TypesFieldsAndCallbacksTogetherAreAccepted");

	start_cache();
	type->old_size = 65536;
	type->new_size = 65535;
	type->extra_size = 1;
	type->shared_head = 65536;
	accept("TypeOfTheLargestSizesIsAccepted");

	start_cache();
	fill(MEMBER(representable), MADE_SYMBOL_TEXT, 0);
	fill(MEMBER(release), MADE_SYMBOL_TEXT, 0);
	fill(MEMBER(moved), MADE_SYMBOL_TEXT, 63);
	accept("TypeWithAllFunctionsIsAccepted");

	start_cache();
	type->placement = LUCOS_PLACEMENT_IN_PLACE;
	type->new_size = 12;
	type->extra_size = 4;
	accept("TypeThatJustFitsInPlaceIsAccepted");
}

static void names_and_kinds(void)
{
	start_cache();
	memset(type->name, 'a', sizeof(type->name));
	bad("type 0: its name", "UnterminatedNameOfATypeIsRefused");
	start_cache();
	strlcpy(type->name, "-pipes", sizeof(type->name));
	bad("type 0: its name", "NameOfATypeThatStartsWithADashIsRefused");

	BAD_NUMBER(source, 0, "source 0", "UnknownSourceIsRefused");
	BAD_NUMBER(source, 3, "source 3", "UnknownSourceIsRefused");
	BAD_NUMBER(placement, 0, "placement 0", "UnknownPlacementIsRefused");
	BAD_NUMBER(placement, 4, "placement 4", "UnknownPlacementIsRefused");
	BAD_NUMBER(interception, 0, "interception 0", "UnknownInterceptionIsRefused");
	BAD_NUMBER(interception, 4, "interception 4", "UnknownInterceptionIsRefused");
	BAD_NUMBER(transfer, 0, "transfer 0", "UnknownTransferIsRefused");
	BAD_NUMBER(transfer, 5, "transfer 5", "UnknownTransferIsRefused");
	BAD_NUMBER(moved, 0x1234, "fixed number", "AddressThatNoRelocationMakesIsRefused");

	start_cache();
	recipe_variable(&made);
	strlcpy(made.types[1].name, "pipes", sizeof(made.types[1].name));
	bad("second type of this name", "SecondTypeOfANameIsRefused");
	start_cache();
	recipe_cache(&made);
	strlcpy(made.types[1].name, "again", sizeof(made.types[1].name));
	bad("second type of cache pipe, beside pipes", "SecondTypeOfACacheIsRefused");
	strlcpy(made.types[1].cache, "inode", sizeof(made.types[1].cache));
	accept("TypesOfTwoCachesAreAccepted");
}

static void sizes(void)
{
	BAD_NUMBER(old_size, 0, "empty", "EmptyOldVersionIsRefused");
	BAD_NUMBER(new_size, 0, "empty", "EmptyNewVersionIsRefused");
	BAD_NUMBER(shared_head, 17, "shared head of 17", "SharedHeadBeyondTheOldVersionIsRefused");

	start_cache();
	type->old_size = 65537;
	refuse_as(LUCOS_REFUSAL_TOO_LARGE, "65537 bytes become", "OldVersionAboveTheLimitIsRefused");
	start_cache();
	type->extra_size = 0xffffffff;
	refuse_as(LUCOS_REFUSAL_TOO_LARGE, "become 4294967319", "NewVersionThatOverflowsIsRefused");

	start_cache();
	made.types[0].placement = LUCOS_PLACEMENT_IN_PLACE;
	bad("24 bytes do not fit the old version of 16 in place", "NewVersionThatIsTooLargeForItsPlaceIsRefused");
}

static void sources(void)
{
	start_cache();
	type->cache[0] = 0;
	bad("name of its cache", "CacheWithoutNameIsRefused");
	start_cache();
	memset(type->cache, 'a', sizeof(type->cache));
	bad("name of its cache", "CacheWhoseNameDoesNotEndIsRefused");
	start_cache();
	fill(MEMBER(new_variable), MADE_SYMBOL_DATA, 0);
	bad("names a variable", "CacheWithAVariableIsRefused");

	start_variable();
	strlcpy(type->cache, "pipe", sizeof(type->cache));
	bad("names a cache", "VariableWithACacheIsRefused");
	start_variable();
	type->placement = LUCOS_PLACEMENT_IN_PLACE;
	type->new_size = 8;
	bad("is a twin", "VariableInPlaceIsRefused");
	start_variable();
	fill(MEMBER(moved), MADE_SYMBOL_TEXT, 0);
	bad("can be moved", "VariableThatIsMovedIsRefused");

	start_shadow();
	fill(MEMBER(to_old), MADE_SYMBOL_TEXT, 0);
	bad("shadow's stays", "ShadowWithATransferToTheOldVersionIsRefused");
	start_shadow();
	type->lock_offset = 0;
	type->lock_size = 4;
	bad("transferred once", "ShadowWithALockIsRefused");
	start_shadow();
	fill(MEMBER(moved), MADE_SYMBOL_TEXT, 0);
	bad("can be moved", "ShadowThatIsMovedIsRefused");
}

static void scratch(void)
{
	start_variable();
	type->transfer = LUCOS_TRANSFER_ONCE;
	memcpy(type->scratch_cache, "thread", 7);
	accept("TypeThatIsTransferredOnceMayHaveScratch");
	start_variable();
	memcpy(type->scratch_cache, "thread", 7);
	bad("only what is transferred once", "ScratchOfATypeThatIsMonitoredIsRefused");
	type->transfer = LUCOS_TRANSFER_ONCE;
	memset(type->scratch_cache, 'x', sizeof(type->scratch_cache));
	bad("too long, or no word", "ScratchCacheWithoutAnEndIsRefused");
}

static void lazy(void)
{
	start_variable();
	type->transfer = LUCOS_TRANSFER_LAZY;
	type->interception = LUCOS_INTERCEPTION_SERVICE;
	accept("LazyTransferInsideTheInstructionIsAccepted");
	type->interception = LUCOS_INTERCEPTION_EMULATE;
	bad("inside the instruction that reads", "LazyTransferBehindTheBlockIsRefused");
	type->interception = LUCOS_INTERCEPTION_STEP;
	bad("inside the instruction that reads", "LazyTransferBehindAStepIsRefused");
}

/* What one failing transfer would leave out of date must not be in an update with what may fail. */
static void together(void)
{
	start();
	recipe_data(&made);
	made.types[0].transfer = made.types[1].transfer = LUCOS_TRANSFER_ONCE;
	accept("TypesThatAreAllTransferredOnceAreAccepted");
	start();
	recipe_data(&made);
	made.types[1].transfer = LUCOS_TRANSFER_ONCE;
	bad("it is transferred once, and", "TypeTransferredOnceBesideAMonitoredOneIsRefused");
	start();
	recipe_data(&made);
	made.types[0].transfer = LUCOS_TRANSFER_ONCE;
	bad("it is kept coherent, and", "MonitoredTypeBesideOneTransferredOnceIsRefused");
	start_shadow();
	recipe_variable(&made);
	made.types[1].transfer = LUCOS_TRANSFER_ONCE;
	accept("ShadowBesideATypeTransferredOnceIsAccepted");
}

static void start_locked(u32 offset, u32 size)
{
	start_cache();
	type->transfer = LUCOS_TRANSFER_ON_UNLOCK;
	type->lock_offset = offset;
	type->lock_size = size;
}

static void start_locked_elsewhere(u32 symbol, s64 addend, u32 size)
{
	start_locked(LUCOS_NO_LOCK, size);
	made.undefined[1] = "number";
	fill(MEMBER(lock), symbol, addend);
}

static void locks(void)
{
	start_locked(12, 4);
	accept("LockInTheOldVersionIsAccepted");
	start_locked(LUCOS_NO_LOCK, 0);
	bad("has no lock", "TransferOnUnlockWithoutLockIsRefused");
	BAD_NUMBER(lock_size, 4, "no place", "LockWordWithoutPlaceIsRefused");
	start_locked(0, 2);
	bad("has 4 or 8", "LockWordOfTwoBytesIsRefused");
	start_locked(4, 8);
	bad("not aligned", "LockWordThatIsNotAlignedIsRefused");
	start_locked(16, 4);
	bad("leaves the old version", "LockWordBehindTheOldVersionIsRefused");
	start_locked(0xfffffffc, 4);
	bad("leaves the old version", "LockWordFarBehindTheOldVersionIsRefused");

	start_locked_elsewhere(MADE_SYMBOL_UNDEFINED + 1, 4, 4);
	accept("LockInTheKernelIsAccepted");
	start_locked_elsewhere(MADE_SYMBOL_UNDEFINED + 1, 8, 4);
	bad("number is no variable of 4 bytes at +0x8", "LockBehindTheKernelsVariableIsRefused");
	start_locked_elsewhere(MADE_SYMBOL_UNDEFINED, 0, 4);
	bad("helper is no variable", "LockInAFunctionOfTheKernelIsRefused");
	start_locked_elsewhere(MADE_SYMBOL_DATA, MADE_DATA_SIZE - 8, 8);
	accept("LockInThePackageIsAccepted");
	start_locked_elsewhere(MADE_SYMBOL_DATA, MADE_DATA_SIZE, 4);
	bad("no aligned variable", "LockBehindItsSectionIsRefused");
	start_locked_elsewhere(MADE_SYMBOL_DATA, 2, 4);
	bad("no aligned variable", "UnalignedLockInThePackageIsRefused");
	start_locked_elsewhere(MADE_SYMBOL_TEXT, 0, 4);
	bad("no aligned variable", "LockInCodeIsRefused");
	start_locked_elsewhere(MADE_SYMBOL_ABSOLUTE, 0, 4);
	bad("no aligned variable", "LockAtAFixedAddressIsRefused");
	start_locked_elsewhere(MADE_SYMBOL_DATA, 0, 4);
	type->lock_offset = 0;
	bad("both in the instance", "TwoLocksAreRefused");
}

static void functions(void)
{
	static const struct {
		u32 symbol;
		s64 addend;
	} strays[] = { { MADE_SYMBOL_DATA, 0 }, { MADE_SYMBOL_UNDEFINED, 0 }, { MADE_SYMBOL_TEXT, 64 }, { MADE_SYMBOL_TEXT, -1 },
		{ MADE_SYMBOL_ABSOLUTE, 0 } };

	start_cache();
	fill(MEMBER(to_new), MADE_SYMBOL_NULL, 0);
	bad("no transfer to the new", "TypeWithoutTransferToTheNewVersionIsRefused");
	start_cache();
	fill(MEMBER(to_old), MADE_SYMBOL_NULL, 0);
	bad("no transfer to the old", "TypeWithoutTransferToTheOldVersionIsRefused");
	for (u32 member = MEMBER(to_new); member <= MEMBER(moved); member += 8) {
		for (u32 i = 0; i < ARRAY_SIZE(strays); i++) {
			start_cache();
			fill(member, strays[i].symbol, strays[i].addend);
			bad("is not code of the package", "FunctionOutsideTheCodeOfThePackageIsRefused");
		}
	}
}

static void variables(void)
{
	start_variable();
	fill(MEMBER(old_variable), MADE_SYMBOL_NULL, 0);
	bad("no variable of the kernel", "VariableWithoutOldVersionIsRefused");
	start_variable();
	fill(MEMBER(old_variable), MADE_SYMBOL_DATA, 0);
	bad("no variable of the kernel", "OldVersionInThePackageIsRefused");
	start_variable();
	fill(MEMBER(old_variable), MADE_SYMBOL_UNDEFINED, 0);
	bad("helper is no variable of 8 bytes", "FunctionAsOldVersionIsRefused");
	start_variable();
	type->old_size = 9;
	bad("number is no variable of 9 bytes", "OldVersionAboveTheVariablesSizeIsRefused");
	start_variable();
	fill(MEMBER(old_variable), MADE_SYMBOL_UNDEFINED + 1, -1);
	bad("number is no variable of 8 bytes", "OldVersionBeforeTheVariableIsRefused");
	start_variable();
	made.undefined[1] = "nowhere";
	refuse_as(LUCOS_REFUSAL_MISSING_SYMBOL, "nowhere", "OldVersionThatTheKernelLacksIsRefused");

	start_variable();
	fill(MEMBER(new_variable), MADE_SYMBOL_DATA, MADE_DATA_SIZE - 16);
	accept("NewVersionAtTheEndOfItsSectionIsAccepted");
	type->extra_size = 1;
	bad("no variable of 17 bytes", "NewVersionBehindTheEndOfItsSectionIsRefused");
	start_variable();
	fill(MEMBER(new_variable), MADE_SYMBOL_TEXT, 0);
	bad("writable in the package", "NewVersionInCodeIsRefused");
	start_variable();
	fill(MEMBER(new_variable), MADE_SYMBOL_UNDEFINED + 1, 0);
	bad("writable in the package", "NewVersionInTheKernelIsRefused");

	start_cache();
	fill(MEMBER(state), MADE_SYMBOL_DATA, MADE_DATA_SIZE - 4);
	accept("StateAtTheEndOfItsSectionIsAccepted");
	fill(MEMBER(state), MADE_SYMBOL_DATA, MADE_DATA_SIZE - 3);
	bad("its state", "StateBehindTheEndOfItsSectionIsRefused");
	start_cache();
	fill(MEMBER(state), MADE_SYMBOL_NULL, 0);
	bad("its state", "TypeWithoutStateIsRefused");
	start_cache();
	fill(MEMBER(state), MADE_SYMBOL_TYPES, 0);
	bad("its state", "StateInAnArrayOfThePackageIsRefused");
}

/* Appends a relocation to those of the types. */
static void stray(u64 offset, u32 kind)
{
	start_cache();
	made.type_addresses.entries[made.type_addresses.count++] =
		(struct elf_relocation){ .offset = offset, .type = kind, .symbol = MADE_SYMBOL_TEXT };
	bad("nothing else does", "StrayRelocationIsRefused");
}

static void relocations(void)
{
	stray(MEMBER(to_new), ELF_RELOCATION_64);
	stray(MEMBER(moved), 2);
	stray(MEMBER(moved), 0);
	stray(MEMBER(moved) + 4, ELF_RELOCATION_64);
	stray(MEMBER(cache), ELF_RELOCATION_64);
	stray(MEMBER(name), ELF_RELOCATION_64);

	start();
	recipe_data(&made);
	made.field_types.entries[0].offset += 8;
	bad("nothing else does", "RelocationOfAFieldsNumbersIsRefused");
	start();
	recipe_data(&made);
	made.subjects.entries[0].offset -= 8;
	bad("nothing else does", "SecondRelocationOfACallbacksFunctionIsRefused");
}

static void one_field(u32 symbol, s64 addend, u32 offset, u32 size)
{
	start_cache();
	made.undefined[1] = "number";
	recipe_field(&made, symbol, addend, offset, size);
}

static void fields(void)
{
	one_field(MADE_SYMBOL_TYPES, 0, 0, 16);
	accept("FieldOfTheWholeOldVersionIsAccepted");
	one_field(MADE_SYMBOL_TYPES, 0, 4, 0);
	bad("leave the old version", "EmptyFieldIsRefused");
	one_field(MADE_SYMBOL_TYPES, 0, 13, 4);
	bad("4 bytes at 13 leave the old version of pipes, of 16", "FieldThatLeavesTheOldVersionIsRefused");
	one_field(MADE_SYMBOL_TYPES, 0, 0xffffffff, 2);
	bad("leave the old version", "FieldFarBehindTheOldVersionIsRefused");
	one_field(MADE_SYMBOL_TYPES, 8, 0, 4);
	bad("none of the package", "FieldOfTheMiddleOfATypeIsRefused");
	one_field(MADE_SYMBOL_TYPES, TYPE_SIZE, 0, 4);
	bad("none of the package", "FieldOfATypeBehindTheLastIsRefused");
	one_field(MADE_SYMBOL_TYPES, -(s64)TYPE_SIZE, 0, 4);
	bad("none of the package", "FieldOfATypeBeforeTheFirstIsRefused");
	one_field(MADE_SYMBOL_DATA, 0, 0, 4);
	bad("none of the package", "FieldOfDataIsRefused");
	one_field(MADE_SYMBOL_UNDEFINED + 1, 0, 0, 4);
	bad("none of the package", "FieldOfTheKernelIsRefused");
	one_field(MADE_SYMBOL_TYPES, 0, 0, 4);
	made.field_types.count = 0;
	bad("none of the package", "FieldWithoutTypeIsRefused");

	start_shadow();
	recipe_field(&made, MADE_SYMBOL_TYPES, 0, 0, 4);
	bad("pipes is a shadow", "FieldOfAShadowIsRefused");
}

static void one_callback(u32 kind, u32 symbol, s64 addend)
{
	start_cache();
	recipe_callback(&made, kind, symbol, addend);
}

static void callbacks(void)
{
	one_callback(LUCOS_CALLBACK_FUNCTION_LEFT, MADE_SYMBOL_TEXT, 0);
	accept("CallbackOfAFunctionIsAccepted");
	one_callback(LUCOS_CALLBACK_THREADS_LEFT, MADE_SYMBOL_TEXT, 16);
	bad("no new function", "CallbackOfAFunctionThatReplacesNothingIsRefused");
	one_callback(LUCOS_CALLBACK_FUNCTION_LEFT, MADE_SYMBOL_UNDEFINED, 0);
	bad("no new function", "CallbackOfAFunctionOfTheKernelIsRefused");
	one_callback(LUCOS_CALLBACK_FUNCTION_LEFT, MADE_SYMBOL_TYPES, 0);
	bad("no new function", "CallbackOfAFunctionThatIsATypeIsRefused");
	one_callback(LUCOS_CALLBACK_FUNCTION_LEFT, MADE_SYMBOL_NULL, 0);
	bad("no new function", "CallbackOfNoFunctionIsRefused");

	one_callback(LUCOS_CALLBACK_DATA_LEFT, MADE_SYMBOL_TYPES, 0);
	accept("CallbackOfATypeIsAccepted");
	one_callback(LUCOS_CALLBACK_DATA_LEFT, MADE_SYMBOL_TYPES, 8);
	bad("no type", "CallbackOfTheMiddleOfATypeIsRefused");
	one_callback(LUCOS_CALLBACK_DATA_LEFT, MADE_SYMBOL_TEXT, 0);
	bad("no type", "CallbackOfATypeThatIsAFunctionIsRefused");
	one_callback(LUCOS_CALLBACK_DATA_LEFT, MADE_SYMBOL_NULL, 0);
	bad("no type", "CallbackOfNoTypeIsRefused");

	one_callback(LUCOS_CALLBACK_CLEANUP, MADE_SYMBOL_NULL, 0);
	accept("CleanupAboutNothingIsAccepted");
	one_callback(LUCOS_CALLBACK_CLEANUP, MADE_SYMBOL_TYPES, 0);
	bad("takes no subject", "CleanupWithASubjectIsRefused");
	one_callback(LUCOS_CALLBACK_CLEANUP, MADE_SYMBOL_NULL, 0);
	made.callbacks[1].subject = 1;
	bad("takes no subject", "CleanupWithANumberAsSubjectIsRefused");

	one_callback(LUCOS_CALLBACK_DATA_LEFT, MADE_SYMBOL_TYPES, 0);
	recipe_callback(&made, LUCOS_CALLBACK_DATA_LEFT, MADE_SYMBOL_TYPES, 0);
	bad("a second one of kind 5, beside callback 1", "SecondCallbackOfATypeIsRefused");
	one_callback(LUCOS_CALLBACK_DATA_LEFT, MADE_SYMBOL_TYPES, 0);
	recipe_variable(&made);
	recipe_callback(&made, LUCOS_CALLBACK_DATA_LEFT, MADE_SYMBOL_TYPES, TYPE_SIZE);
	accept("CallbacksOfTwoTypesAreAccepted");
}

/* What loading is told of a good package. */
static void accessors(void)
{
	struct package_place place;
	struct kernel_symbol symbol;
	struct package package;
	struct verdict verdict;

	start();
	recipe_data(&made);
	make(&made);
	check(!package_open(&package, made.bytes, made.size, &verdict), "PackageWithDataOpens", verdict.detail);
	check(package_type_place(&package, 0, MEMBER(to_old), &place) && place.section == MADE_TEXT && place.offset == 16 &&
		!place.symbol, "PlaceOfAFunctionIsInItsSection", "");
	check(!package_type_place(&package, 0, MEMBER(moved), &place), "FunctionThatIsNotThereHasNoPlace", "");
	check(package_type_place(&package, 1, MEMBER(old_variable), &place) && place.symbol &&
		!strcmp(place.symbol, "number") && place.offset == 0 && kernel_match_import(place.symbol, &symbol) &&
		symbol.address == fake_find("number")->address, "PlaceOfTheKernelsVariableIsItsSymbol", "");
	check(!kernel_match_import("twin", &symbol) && !kernel_match_import("nowhere", &symbol) &&
		kernel_match_import("twin.in.two.c", &symbol), "ImportIsFoundOnlyWhenThereIsExactlyOne", "");
	check(package_field_type(&package, 1) == 1, "FieldTellsItsType", "");
	check(package_callback_subject(&package, 1) == 0 && package_callback_subject(&package, 3) == 1,
		"CallbackTellsItsSubject", "");
}

void data_tests(void)
{
	accepted();
	scratch();
	lazy();
	together();
	names_and_kinds();
	sizes();
	sources();
	locks();
	functions();
	variables();
	relocations();
	fields();
	callbacks();
	accessors();
}
