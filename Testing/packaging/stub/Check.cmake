# Slicer's packaging step fails without these.
foreach(file README.md LICENSE)
  if(NOT EXISTS "${CMAKE_CURRENT_SOURCE_DIR}/${file}")
    message(FATAL_ERROR "missing: ${file}")
  endif()
endforeach()
