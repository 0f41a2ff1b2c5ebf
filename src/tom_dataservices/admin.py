from django.contrib import admin

from tom_dataservices.models import DataServiceQuery

admin.site.register(DataServiceQuery)
