# SPDX-License-Identifier: GPL-2.0-only
# What all programs around the module are compiled with: included by each part that can
# also be configured by itself, behind project().
set(CMAKE_CXX_STANDARD 20)
set(CMAKE_CXX_STANDARD_REQUIRED ON)
set(CMAKE_CXX_EXTENSIONS OFF)
if(NOT CMAKE_BUILD_TYPE)
	set(CMAKE_BUILD_TYPE RelWithDebInfo)
endif()

set(CCM_WARNINGS -Wall -Wextra -Wshadow -Wno-missing-field-initializers)

# Programs that mostly wait for nodes, and are built for a run or two: the optimizer would
# take longer than it saves.
set(CCM_TEST_OPTIONS ${CCM_WARNINGS} -O0)

# ccm_define_paths(FILE MACRO="PATH"...): only in the file that uses them. What is told a path
# of this checkout, ccache does not find again in another one.
function(ccm_define_paths file)
	set_source_files_properties(${file} PROPERTIES COMPILE_DEFINITIONS "${ARGN}")
endfunction()
