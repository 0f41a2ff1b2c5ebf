from tom_common.conf import Setting

SETTINGS = [Setting("DUMMY_DEPTH", 3, "How deep the dummy looks.", kind=int)]
