# SPDX-License-Identifier: GPL-2.0-only
#
# CCM, the cluster connection manager. `make help` says what there is.
#
# Everything is built below build/: modules in build/module/KERNEL (the source is
# copied there, see scripts/stage.sh), user-space programs in build/host.

BUILD	:= $(CURDIR)/build
SCRIPTS	:= $(CURDIR)/scripts
UML	:= $(CURDIR)/tests/lab/kernel/build-uml.sh
JOBS	:= $(shell nproc)
CACHE	:= $(or $(XDG_CACHE_HOME),$(HOME)/.cache)/ccm

# Objects are kept beside the test kernels, so that a fresh clone is not compiled anew (see
# ccache(1)).
export CCACHE_DIR := $(CACHE)/ccache
export CCACHE_BASEDIR := $(CURDIR)
export CCACHE_NOHASHDIR := 1
export CMAKE_CXX_COMPILER_LAUNCHER := $(if $(shell command -v ccache),ccache)

# make for the modules that nodes load. They are built in build/module under a name that is the
# same for every checkout, MADE, for ccache: Kbuild has absolute paths in all that it does.
# CCACHE_BASEDIR would make them relative, and module-failing names sites by them.
MADE	:= $(CACHE)/module
KBUILD	= CCACHE_BASEDIR= $(SCRIPTS)/under-name.sh $(MADE) $(BUILD)/module $(MAKE) -s -j$(JOBS) \
	  DEBIAN_KERNEL_USE_CCACHE=$(CMAKE_CXX_COMPILER_LAUNCHER)
KBUILD_UML = $(KBUILD) ARCH=um CC='$(strip $(CMAKE_CXX_COMPILER_LAUNCHER) gcc)'

# The kernel that `make module` builds for. The default is the running one, or where
# it has no headers (a container, say) the newest that has.
KVER	?= $(shell uname -r)
KDIR	?= $(firstword $(wildcard /lib/modules/$(KVER)/build) \
	     $(shell ls -d /lib/modules/*/build 2>/dev/null | sort -V | tail -n 1))

# As `uname -r` says it on that kernel. In Debian's headers `make kernelrelease` says
# something else.
RELEASE	= $(shell cut -d '"' -s -f 2 $(KDIR)/include/generated/utsrelease.h)

# The headers of the distribution's kernel that QEMU nodes boot
STOCK	= $(patsubst %,/lib/modules/%/build,$(shell $(CURDIR)/tests/lab/kernel/stock-release.sh))

LAB_ARGUMENTS = --run-dir=$(BUILD)/run --ccmadm=$(BUILD)/host/userspace-tools/ccmadm/ccmadm

.PHONY: all help module ccmadm install install-modules demo check kunit bench endurance lint sim fuzz model mutants cluster docs clean
.PHONY: campaign campaign-build campaign-fencing campaign-overload campaign-sim record
.PHONY: kdump mixed host module-stock module-plain module-debug module-kunit module-failing states causes

# Kernels that User-Mode Linux nodes run besides 6.1, the one that everything is tested on:
# see build-uml.sh. As KERNEL= they are debug-6.12 and so on.
FURTHER	:= 6.12 newest
# Kernels of Debian's that QEMU nodes can run besides the one that is installed
FETCHED	:= 6.1 $(FURTHER)

all: module ccmadm

help:
	@echo 'make demo      two emulated nodes find each other over soft-RoCE before user space'
	@echo 'make check     everything that proves the project; ends with "N passed, N failed, N skipped"'
	@echo
	@echo 'make module    rdma_ccm.ko and ccm_fm.ko for KDIR (default: the running kernel) in build/module/target'
	@echo 'make ccmadm    the command-line tool in build/host/userspace-tools/ccmadm'
	@echo 'make install   all of that, headers, and depmod (DESTDIR is honoured)'
	@echo
	@echo 'make kunit     KUnit suites in a User-Mode Linux node; KERNEL= as below'
	@echo 'make cluster   tests on several nodes; FILTER=Suite.Test, KERNEL=plain|debug|debug-6.12|debug-newest'
	@echo 'make kdump     a crash kernel, and a real-time task, on a machine in QEMU'
	@echo 'make mixed     stock kernels 6.1, 6.12 and the newest with each other, in QEMU'
	@echo 'make sim       the simulator: SEED= RUNS= STEPS='
	@echo 'make campaign-sim  the same with very many seeds: CAMPAIGN_RUNS=, and what they reach'
	@echo 'make record    the tapes that KUnit plays, anew from the simulator'
	@echo 'make fuzz      the fuzzers, FUZZ_RUNS= each'
	@echo 'make model     every state of a model of the handshake (spin): ten minutes, 4 GB'
	@echo 'make mutants   single changes of ccm/core, each before its tests: an hour and more; FILE='
	@echo 'make lint      C++-subset checks, sparse, clang-tidy, style'
	@echo 'make endurance what goes on for long in the field, ENDURE_SECONDS= each'
	@echo 'make campaign  random faults on two and three nodes, CAMPAIGN_CYCLES= for each kernel and transport'
	@echo 'make campaign-fencing, make campaign-overload   FENCING_CYCLES= cuts with a writer that never stops;'
	@echo '               OVERLOAD_SECONDS= of busy threads and 1 % loss'
	@echo 'make bench     figures: connecting, detection, a daemon that dies, a panic, memory, ports'
	@echo 'make docs      Documentation as HTML in build/docs'
	@echo 'make states    Documentation/states.rst anew from the state table'
	@echo 'make causes    Documentation/troubleshooting.rst anew from the table of causes'
	@echo 'make clean'

#
# The product
#

module:
	@$(SCRIPTS)/packages.sh module
	@$(SCRIPTS)/stage.sh $(BUILD)/module/target
	@test -d "$(KDIR)" || { echo 'no kernel headers: install linux-headers for the kernel, or give KDIR='; exit 1; }
	$(MAKE) -s -C $(KDIR) M=$(BUILD)/module/target modules

ccmadm:
	@$(SCRIPTS)/packages.sh tools
	@cmake -S userspace-tools -B $(BUILD)/ccmadm -DCMAKE_BUILD_TYPE=RelWithDebInfo -DBUILD_TESTING=OFF >/dev/null
	@$(MAKE) -s -C $(BUILD)/ccmadm

# Debian's headers have no System.map, so modules_install leaves depmod to us. What a
# client's module is built with goes to /usr/src/ccm: headers, and for each kernel the
# versions of the symbols that rdma_ccm.ko and ccm_fm.ko export.
install: module ccmadm
	@$(MAKE) -s install-modules
	DESTDIR=$(DESTDIR) cmake --install $(BUILD)/ccmadm --prefix /usr >/dev/null
	install -d $(DESTDIR)/usr/include/linux $(DESTDIR)/usr/src/ccm/include/linux \
		$(DESTDIR)/usr/src/ccm/include/uapi/linux
	install -m 644 include/uapi/linux/*.h $(DESTDIR)/usr/include/linux
	install -m 644 include/uapi/linux/*.h $(DESTDIR)/usr/src/ccm/include/uapi/linux
	install -m 644 include/linux/*.h $(DESTDIR)/usr/src/ccm/include/linux
	$(if $(DESTDIR),,depmod -a $(RELEASE))

# Of it, what belongs to the kernel that the modules in MODULES were built for, KDIR
MODULES	= $(BUILD)/module/target
install-modules:
	$(MAKE) -s -C $(KDIR) M=$(MODULES) INSTALL_MOD_PATH=$(DESTDIR) modules_install
	install -D -m 644 $(MODULES)/Module.symvers $(DESTDIR)/usr/src/ccm/$(RELEASE)/Module.symvers

#
# What tests and demo are made of
#

host:
	@cmake -S $(CURDIR) -B $(BUILD)/host >/dev/null
	@$(MAKE) -s -C $(BUILD)/host -j$(JOBS)

# What is installed from (MODULES=), modules_install looks for where it is.
module-stock:
	@$(SCRIPTS)/stage.sh $(BUILD)/module/stock
	@kernel=$(STOCK) && test -n "$$kernel" && \
	$(KBUILD) -C $$kernel M=$(MADE)/stock modules && \
	sed -i 's,^$(MADE)/,$(BUILD)/module/,' $(BUILD)/module/stock/modules.order && \
	$(KBUILD) -C $$kernel M=$(MADE)/stock/tests/modules \
		KBUILD_EXTRA_SYMBOLS=$(MADE)/stock/Module.symvers ccm_pattern.ko

# ... and of others, which are fetched: see stock.sh
$(FETCHED:%=module-stock-%): module-stock-%:
	@$(SCRIPTS)/stage.sh $(BUILD)/module/stock-$*
	@kernel=$$($(CURDIR)/tests/lab/kernel/stock.sh $*)/build && \
	$(KBUILD) -C $$kernel M=$(MADE)/stock-$* modules && \
	$(KBUILD) -C $$kernel M=$(MADE)/stock-$*/tests/modules \
		KBUILD_EXTRA_SYMBOLS=$(MADE)/stock-$*/Module.symvers ccm_pattern.ko

module-plain module-debug $(FURTHER:%=module-debug-%): module-%:
	@$(SCRIPTS)/stage.sh $(BUILD)/module/$*
	@kernel=$$($(UML) $(subst -, ,$*)) && \
	$(KBUILD_UML) -C $$kernel M=$(MADE)/$* modules && \
	$(KBUILD_UML) -C $$kernel M=$(MADE)/$*/tests/modules \
		KBUILD_EXTRA_SYMBOLS=$(MADE)/$*/Module.symvers modules

# The KUnit suites are for the debug kernels.
module-kunit: module-debug
	@$(KBUILD_UML) -C $$($(UML) debug) M=$(MADE)/debug/tests/kunit/suites modules

$(FURTHER:%=module-kunit-%): module-kunit-%: module-debug-%
	@$(KBUILD_UML) -C $$($(UML) debug $*) M=$(MADE)/debug-$*/tests/kunit/suites modules

# rdma_ccm.ko and ccm_fm.ko again, for the same nodes, with calls that can be made to fail: see
# tests/modules/failing/calls.h. Sites are named by the path below the copy of the source.
module-failing: module-debug
	@$(SCRIPTS)/stage.sh $(BUILD)/module/failing
	@$(KBUILD_UML) -C $$($(UML) debug) M=$(MADE)/failing \
		KBUILD_EXTRA_SYMBOLS=$(MADE)/debug/tests/modules/Module.symvers \
		KCFLAGS='-include $(MADE)/failing/tests/modules/failing/calls.h -fmacro-prefix-map=$(MADE)/failing/=' \
		modules

#
# The two commands, and parts of the second
#

demo:
	@$(SCRIPTS)/packages.sh demo tools
	@$(MAKE) -s module-stock
	@cmake -S $(CURDIR) -B $(BUILD)/host >/dev/null
	@$(MAKE) -s -C $(BUILD)/host -j$(JOBS) ccm-demo ccmadm
	@$(BUILD)/host/demo/ccm-demo $(LAB_ARGUMENTS) \
		$(addprefix --module=$(BUILD)/module/stock/,rdma_ccm.ko ccm_fm.ko tests/modules/ccm_pattern.ko)

check:
	@$(SCRIPTS)/packages.sh module tools lab demo check
	@tests/check.sh

lint:
	@$(SCRIPTS)/packages.sh module tools lab check
	@tests/lint/lint.sh

KERNEL	?= debug
kunit:
	@$(SCRIPTS)/packages.sh lab tools
	@$(MAKE) -s module-kunit$(KERNEL:debug%=%) host
	@$(BUILD)/host/tests/kunit/ccm_kunit $(LAB_ARGUMENTS) --kernel=$(KERNEL) \
		--uml-modules=$(BUILD)/module/$(KERNEL)/tests/kunit/suites

FILTER	?= *
cluster:
	@$(SCRIPTS)/packages.sh lab tools
	@$(MAKE) -s module-$(KERNEL:debug=failing) host
	@$(BUILD)/host/tests/cluster/cluster_test $(LAB_ARGUMENTS) --kernel=$(KERNEL) \
		--uml-modules=$(BUILD)/module/$(KERNEL)/rdma_ccm.ko:$(BUILD)/module/$(KERNEL)/ccm_fm.ko:$(BUILD)/module/$(KERNEL)/tests/modules \
		--gtest_filter='$(FILTER)'

# On machines in QEMU, emulated: a minute or two each
QEMU_MODULES = $(BUILD)/module/stock/rdma_ccm.ko:$(BUILD)/module/stock/ccm_fm.ko:$(BUILD)/module/stock/tests/modules/ccm_pattern.ko
kdump:
	@$(SCRIPTS)/packages.sh lab tools demo
	@$(MAKE) -s module-stock module-plain host
	@$(BUILD)/host/tests/cluster/cluster_test $(LAB_ARGUMENTS) --kernel=plain \
		--uml-modules=$(BUILD)/module/plain/rdma_ccm.ko:$(BUILD)/module/plain/ccm_fm.ko \
		--qemu-modules=$(QEMU_MODULES) --gtest_filter='*StockKdump.*:StockRealTime.*'

# A kernel whose headers' tools do not run on this machine is left out, and stock.sh says why.
mixed:
	@$(SCRIPTS)/packages.sh lab tools demo
	@$(MAKE) -s module-stock host
	@modules=; for kernel in $(if $(findstring /6.1.,$(STOCK)),$(FURTHER),$(FETCHED)); do \
		$(MAKE) -s module-stock-$$kernel || continue; \
		built=$(BUILD)/module/stock-$$kernel; \
		modules="$$modules --qemu-modules=$$kernel=$$built/rdma_ccm.ko:$$built/tests/modules/ccm_pattern.ko"; \
	done; \
	$(BUILD)/host/tests/cluster/cluster_test $(LAB_ARGUMENTS) --kernel=plain \
		--qemu-modules=$(QEMU_MODULES) $$modules --gtest_filter='*StockMixed.*'

bench:
	@$(SCRIPTS)/packages.sh lab tools
	@$(MAKE) -s module-plain host
	@$(BUILD)/host/tests/bench/ccm_bench $(LAB_ARGUMENTS) --kernel=plain \
		--uml-modules=$(BUILD)/module/plain/rdma_ccm.ko:$(BUILD)/module/plain/ccm_fm.ko:$(BUILD)/module/plain/tests/modules

# What goes on for long in the field, all at the same time
ENDURE_SECONDS ?= 600
endurance:
	@$(SCRIPTS)/packages.sh lab tools
	@$(MAKE) -s module-plain host
	@tests/cluster/endurance.sh $(BUILD) $(ENDURE_SECONDS)

# Random faults; each run prints its seed, which CAMPAIGN_OPTIONS='--seed 4711' gives to all.
CAMPAIGN = $(CURDIR)/tests/campaign/campaign.sh $(BUILD)
CAMPAIGN_CYCLES ?= 100
FENCING_CYCLES ?= 1000
OVERLOAD_SECONDS ?= 3600
campaign campaign-fencing campaign-overload: campaign-build
campaign-build:
	@$(SCRIPTS)/packages.sh lab tools
	@$(MAKE) -s module-plain module-failing host
campaign:
	@$(CAMPAIGN) faults $(CAMPAIGN_CYCLES) $(CAMPAIGN_OPTIONS)
campaign-fencing:
	@$(CAMPAIGN) fencing $(FENCING_CYCLES) $(CAMPAIGN_OPTIONS)
campaign-overload:
	@$(CAMPAIGN) overload $(OVERLOAD_SECONDS) $(CAMPAIGN_OPTIONS)

SEED	?= 1
RUNS	?= 1000
STEPS	?= 2000
sim:
	@$(SCRIPTS)/packages.sh lab tools
	@$(MAKE) -s host
	@$(BUILD)/host/tests/sim/ccm_sim --seed $(SEED) --runs $(RUNS) --steps $(STEPS) --jobs $(JOBS) --shrink

# Many seeds, of two to four nodes, and what they have reached: ten million are some hours of two cores.
CAMPAIGN_RUNS ?= 10000000
campaign-sim:
	@$(SCRIPTS)/packages.sh lab tools
	@$(MAKE) -s host
	@$(BUILD)/host/tests/sim/ccm_sim --mixed --seed $(SEED) --runs $(CAMPAIGN_RUNS) --jobs $(JOBS) --coverage --shrink

# What KUnit plays to the core, after a change of what the core does
record: host
	@$(BUILD)/host/tests/sim/ccm_sim --record 1000 tests/kunit/suites/recorded.bin

FUZZ_RUNS ?= 100000
fuzz:
	@$(SCRIPTS)/packages.sh tools check
	@tests/fuzz/run.sh $(BUILD)/fuzz $(FUZZ_RUNS)

model:
	@$(SCRIPTS)/packages.sh check
	@tests/model/run.sh $(BUILD)/model large
# What is known of a mutant already is not asked again: it can be interrupted.
mutants:
	@$(SCRIPTS)/packages.sh lab tools
	@cmake -S $(CURDIR) -B $(BUILD)/host >/dev/null
	@$(MAKE) -s -C $(BUILD)/host -j$(JOBS) ccm_mutants
	@nice $(BUILD)/host/tests/mutants/ccm_mutants run --jobs $(JOBS) $(if $(FILE),--file $(FILE))

states: host
	@$(BUILD)/host/tests/sim/ccm_states_rst >Documentation/states.rst
causes: host
	@$(BUILD)/host/userspace-tools/ccmadm/ccm_causes_rst >Documentation/troubleshooting.rst

docs:
	@$(SCRIPTS)/packages.sh check
	@sphinx-build -q -W -b html Documentation $(BUILD)/docs

clean:
	rm -rf $(BUILD)
