app_name = "tom_dataproducts"
urlpatterns = []
media_urlpatterns = []
