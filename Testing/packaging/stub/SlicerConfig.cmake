# A stand-in for `find_package(Slicer)`: its macro copies and installs scripts and resources as Slicer's and CTK's do,
# to <folder of scripted modules>/<path relative to the CMakeLists.txt that calls it>.
set(Slicer_VERSION "5.8")
set(Slicer_QTSCRIPTEDMODULES_LIB_DIR "lib/Slicer-5.8/qt-scripted-modules")
set(Slicer_USE_FILE "${CMAKE_CURRENT_LIST_DIR}/UseSlicer.cmake")
set(Slicer_EXTENSION_GENERATE_CONFIG "${CMAKE_CURRENT_LIST_DIR}/Check.cmake")
set(Slicer_EXTENSION_CPACK "${CMAKE_CURRENT_LIST_DIR}/Check.cmake")
