def nav(context):
    return {"dummy_word": "right-hand dummy"}


def of_page(context):
    target = context.get("target") or context.get("object")
    return {"dummy_word": f"dummy for {target}" if target else "dummy list"}


def of_user(user):
    return {"dummy_word": f"dummy of {user.username}"}
