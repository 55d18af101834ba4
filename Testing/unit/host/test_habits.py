"""The stand-in host has the habits of Slicer 5.8 that cost work or time there; each was seen in a real one."""

from __future__ import annotations


def test_the_save_dialog_skips_what_is_hidden_from_editors_and_says_nothing(tmp_path):
    import save_dialog

    from EchoTrackerLib.scene.mrml.environment import new_scene

    environment = new_scene()
    scene = environment.scene
    for name, hidden in (("seen", False), ("hidden", True)):
        node = scene.CreateNodeByClass("vtkMRMLTextNode")
        node.UnRegister(None)
        node.SetName(name)
        node.SetHideFromEditors(hidden)
        scene.AddNode(node).SetText("x" * 500)
    assert [node.GetName() for node in save_dialog.listed(scene)] == ["seen"]
    save_dialog.save_as_mrb(scene, tmp_path / "scene.mrb")
    save_dialog.save_as_mrml(scene, tmp_path / "folder" / "scene.mrml")
    other = new_scene()
    save_dialog.read(other.scene, tmp_path / "folder" / "scene.mrml")
    texts = {name: other.scene.GetFirstNodeByName(name) for name in ("seen", "hidden")}
    assert texts["seen"].GetText() == "x" * 500
    assert not texts["hidden"].GetText()


def test_the_parameter_node_wrapper_keeps_what_it_saw_until_its_node_is_modified(running_host):
    """While a scene is imported references are none yet, and the wrapper says so for good."""
    import slicer
    from parameter_node import parameterNodeWrapper

    class Parameters:
        volume: slicer.vtkMRMLModelNode

    Parameters.__annotations__ = {"volume": slicer.vtkMRMLModelNode}
    node = slicer.mrmlScene.AddNewNodeByClass("vtkMRMLScriptedModuleNode")
    node.SetNodeReferenceID("volume", "vtkMRMLModelNodeLater")
    wrapped = parameterNodeWrapper(Parameters)(node)
    assert wrapped.volume is None
    model = slicer.vtkMRMLModelNode()
    slicer.mrmlScene.AddNode(model)
    node.DisableModifiedEventOn()  # as while a scene is imported
    node.SetNodeReferenceID("volume", model.GetID())
    node.DisableModifiedEventOff()
    assert node.GetNodeReference("volume") is model and wrapped.volume is None
    node.Modified()
    assert wrapped.volume is model
    slicer.mrmlScene.RemoveNode(model)
    slicer.mrmlScene.RemoveNode(node)


def test_the_context_menu_of_a_point_clears_where_the_number_is_fixed_and_removes_elsewhere(running_host):
    import slicer
    from context_menu import delete_node, delete_point, rename_point

    node = slicer.mrmlScene.AddNewNodeByClass("vtkMRMLMarkupsFiducialNode")
    for x in range(3):
        node.AddControlPoint(x, 0, 0, f"P{x}")
    node.SetLocked(True)  # does not matter to the menu
    delete_point(node, 0)
    assert node.GetNthControlPointLabel(0) == "P1"
    node.SetFixedNumberOfControlPoints(True)
    delete_point(node, 0)
    assert node.GetNumberOfControlPoints() == 2 and node.GetNumberOfDefinedControlPoints() == 1
    rename_point(node, 1, "mine")
    assert node.GetNthControlPointLabel(1) == "mine"
    delete_node(node)
    assert node.GetScene() is None


def test_a_right_click_leaves_place_mode_and_esc_does_not(running_host):
    import slicer
    from PySide6 import QtCore, QtTest

    node = slicer.mrmlScene.AddNewNodeByClass("vtkMRMLMarkupsFiducialNode")
    node.CreateDefaultDisplayNodes()
    selection = slicer.mrmlScene.GetNodeByID("vtkMRMLSelectionNodeSingleton")
    interaction = slicer.mrmlScene.GetNodeByID("vtkMRMLInteractionNodeSingleton")
    selection.SetReferenceActivePlaceNodeClassName("vtkMRMLMarkupsFiducialNode")
    selection.SetActivePlaceNodeID(node.GetID())
    interaction.SetPlaceModePersistence(1)
    interaction.SetCurrentInteractionMode(interaction.Place)
    view = slicer.app.layoutManager().sliceWidget("Red").sliceView()
    running_host.click(view, 40, 40)
    assert node.GetNumberOfDefinedControlPoints() == 1
    running_host.press("Esc")
    QtTest.QTest.keyClick(view, QtCore.Qt.Key.Key_Escape)
    running_host.settle()
    assert interaction.GetCurrentInteractionMode() == interaction.Place
    QtTest.QTest.mouseClick(view, QtCore.Qt.MouseButton.RightButton, pos=QtCore.QPoint(60, 60))
    running_host.settle()
    assert interaction.GetCurrentInteractionMode() != interaction.Place
    slicer.mrmlScene.RemoveNode(node)


def test_a_plot_view_tells_of_the_same_selection_with_every_click(running_host):
    import vtk
    from plot_view import PlotView

    view = PlotView(running_host.mrml, "PlotViewOfTest")
    view.resize(300, 200)
    told = []
    view.dataSelected.connect(lambda names, _rows: told.append(names.GetNumberOfValues()))
    plot, rows = vtk.vtkPlotLine(), vtk.vtkIdTypeArray()
    rows.InsertNextValue(9)
    plot.SetSelection(rows)
    view._plots[plot] = "series"
    running_host.click(view, 150, 100)
    running_host.click(view, 20, 100)
    assert told == [1, 1]
    view._plots.clear()
    view.deleteLater()


def test_the_panel_does_not_grow_with_a_wrapped_text(running_host):
    """Its column asks for smallest sizes only, and that of a wrapped text is a line or two: others are squashed."""
    from module_panel import ModulePanel
    from PySide6 import QtWidgets

    panel, module = ModulePanel(), QtWidgets.QWidget()
    box = QtWidgets.QVBoxLayout(module)
    label = QtWidgets.QLabel("word " * 2000)
    label.setWordWrap(True)
    box.addWidget(label)
    panel.show_module(module)
    panel.resize(300, 400)
    panel.show()
    running_host.settle(0.1)
    assert label.heightForWidth(label.width) > label.height
    panel.take_module()
    panel.deleteLater()
