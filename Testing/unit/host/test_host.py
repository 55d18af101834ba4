"""The stand-in host has PythonQt's habits: what PythonQt would reject or pass on, it rejects and passes on."""

from __future__ import annotations

import pytest


@pytest.fixture
def button(running_host):
    import qt

    button = qt.QPushButton()
    button.checkable = True
    return button


def test_clicked_without_types_passes_nothing(button):
    """PythonQt looks the signature up: "clicked()" is the form without argument, even for a slot that takes any."""
    got = []
    button.connect("clicked()", lambda *arguments: got.append(arguments))
    button.connect("clicked(bool)", lambda *arguments: got.append(arguments))
    button.click()
    assert got == [(), (True,)]


def test_arguments_are_cut_to_what_the_slot_takes(button):
    got = []

    class Owner:
        def none(self):
            got.append("none")

        def one(self, on):
            got.append(on)

        def more(self, on, other=7):
            got.append((on, other))

    owner = Owner()
    for slot in (owner.none, owner.one, owner.more):
        button.connect("toggled(bool)", slot)
    button.click()
    assert got == ["none", True, (True, 7)]


def test_a_slot_is_disconnected_by_the_same_method(button):
    got = []

    class Owner:
        def on(self):
            got.append(1)

    owner = Owner()
    button.connect("clicked()", owner.on)
    assert button.disconnect("clicked()", owner.on)
    assert not button.disconnect("clicked()", owner.on)
    button.click()
    assert got == []


def test_what_pythonqt_rejects_is_rejected(button):
    import qt

    with pytest.raises(ValueError, match="no signal"):
        button.connect("pressed(int)", print)
    with pytest.raises(TypeError, match="not callable"):
        button.text()
    with pytest.raises(AttributeError, match="not allowed"):
        button.colour = "red"
    with pytest.raises(TypeError):
        qt.QGuiApplication.primaryScreen()


def test_cells_take_plain_values_only(running_host):
    """PythonQt hands other objects on as they are, and Qt does not know how to draw them."""
    import numpy as np
    import qt

    item = qt.QTableWidgetItem()
    for value in (1, 1.5, np.float64(2.5), "text", None):
        item.setData(qt.Qt.DisplayRole, value)
    for value in (np.float32(1.5), np.int64(1)):
        with pytest.raises(TypeError, match="no value that Qt can show"):
            item.setData(qt.Qt.DisplayRole, value)


def test_samples_come_from_their_buttons(running_host):
    """Slicer's downloadSample knows addresses only; a custom downloader is called by the button."""
    with pytest.raises(IndexError):
        running_host.sampleData.SampleDataLogic().downloadSample("Echo A4C (synthetic)")


def test_getters_of_properties_of_ctk_are_no_methods(running_host):
    """PythonQt sees slots, invokables and properties of ctk and qMRML classes; other public methods are unknown."""
    import ctk

    section = ctk.ctkCollapsibleButton()
    section.collapsed = True
    assert section.collapsed is True
    for name in ("isCollapsed", "setCollapsed"):
        with pytest.raises(AttributeError):
            getattr(section, name)


def test_the_log_keeps_what_slicer_would_log(running_host):
    """Errors of VTK, warnings of Python, and a node that is removed twice."""
    import logging

    import slicer
    import vtk

    running_host.log.messages.clear()
    reader = vtk.vtkXMLPolyDataReader()
    reader.SetFileName("/no such file.vtp")
    reader.Update()
    logging.getLogger("EchoTracker").warning("something")
    node = slicer.mrmlScene.AddNewNodeByClass("vtkMRMLModelNode")
    slicer.mrmlScene.RemoveNode(node)
    slicer.mrmlScene.RemoveNode(node)
    first, *_others, second, third = running_host.log.messages
    assert "no such file" in first
    assert second == "something"
    assert "Failed to access subject hierarchy node" in third
    running_host.log.messages.clear()


def test_a_point_list_that_leaves_while_the_mouse_is_handled_is_in_the_log(running_host):
    import slicer

    view = slicer.app.layoutManager().sliceWidget("Red").sliceView()
    node = slicer.mrmlScene.AddNewNodeByClass("vtkMRMLMarkupsFiducialNode", "gone")
    tag = view.interactor().AddObserver("LeftButtonPressEvent", lambda *_: slicer.mrmlScene.RemoveNode(node))
    running_host.log.messages.clear()
    running_host.click(view, 20, 20)
    view.interactor().RemoveObserver(tag)
    assert "gone was removed while a view handles the mouse" in running_host.log.messages
    running_host.log.messages.clear()


def test_data_that_change_in_steps_while_they_are_shown_are_in_the_log(running_host):
    """As VTK before 9.3, which says it in each view: build new data, then show them."""
    import slicer
    import vtk

    def lines(count):
        source, colors = vtk.vtkPolyData(), vtk.vtkIntArray()
        points, cells = vtk.vtkPoints(), vtk.vtkCellArray()
        for index in range(count):
            cells.InsertNextCell(2, [points.InsertNextPoint(index, y, 0) for y in (0, 1)])
            colors.InsertNextValue(index)
        source.SetPoints(points)
        source.SetLines(cells)
        source.GetCellData().SetScalars(colors)
        return source

    model = slicer.mrmlScene.AddNewNodeByClass("vtkMRMLModelNode", "lines")
    messages = running_host.log.messages
    messages.clear()
    for count in (18, 23, 0, 5):
        model.SetAndObservePolyData(lines(count))
    assert messages == []
    model.GetPolyData().ShallowCopy(lines(9))
    assert "Cell array of lines has" in messages[0]
    messages.clear()
    model.GetPolyData().SetLines(lines(4).GetLines())
    model.GetPolyData().Modified()
    assert "has 9 tuples but there are 4 cells" in messages[-1]
    slicer.mrmlScene.RemoveNode(model)
    messages.clear()
