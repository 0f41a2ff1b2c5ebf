from django.urls import path

from tom_calendar.views import CalendarView, CreateEventView, CreateTodoView, DeleteEventView, UpdateEventView, UpdateTodoView

app_name = "tom_calendar"

urlpatterns = [
    path("", CalendarView.as_view(), name="calendar"),
    path("create/", CreateEventView.as_view(), name="create-event"),
    path("update/<int:event_id>/", UpdateEventView.as_view(), name="update-event"),
    path("delete/<int:event_id>/", DeleteEventView.as_view(), name="delete-event"),
    path("todo/create/<int:event_id>/", CreateTodoView.as_view(), name="create-todo"),
    path("todo/update/<int:todo_id>/", UpdateTodoView.as_view(), name="update-todo"),
]
