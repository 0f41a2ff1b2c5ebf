from tom_common.panels import Panel, register_panel, register_tab

register_tab(
    "target_detail",
    Panel("dummy-lazy", "Lazy dummy", "dummy/tab.html", context=lambda request, obj: {"dummy_word": f"lazy for {obj.name}"}, order=900),
)
register_panel(
    "home", Panel("dummy-home", "Home dummy", "dummy/tab.html", context=lambda request, obj: {"dummy_word": "at home"}, order=900)
)
