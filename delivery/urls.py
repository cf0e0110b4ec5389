from django.urls import path

from delivery.views import allotment, cart, changes, checkout, door, home, orders, photos, record, runs, waiting

app_name = "delivery"

urlpatterns = [
    path("home/", home.home, name="home"),
    path("record/", record.own_record, name="record"),
    path("delivery/", cart.product_list, name="product-list"),
    path("delivery/photos/<slug:digest>.jpg", photos.product_photo, name="product-photo"),
    path("delivery/cart/", cart.cart_line, name="cart-line"),
    path("delivery/call/end/", cart.phone_end, name="phone-end"),
    path("delivery/acting-for/", cart.choose_patient, name="patient-choose"),
    path("delivery/allotment/", allotment.own_allotment, name="allotment"),
    path("delivery/allotment/<uuid:uuid>/", allotment.allotment_of, name="allotment-of"),
    path("delivery/checkout/", checkout.checkout, name="checkout"),
    path("delivery/runs/", runs.run_list, name="run-list"),
    path("delivery/runs/<uuid:uuid>/", runs.run_detail, name="run-detail"),
    path("delivery/runs/<uuid:uuid>/leave/", runs.run_leave, name="run-leave"),
    path("delivery/runs/<uuid:uuid>/<slug:number>/hand-over/", door.run_hand_over, name="run-hand-over"),
    path("delivery/runs/<uuid:uuid>/<slug:number>/attempt/", door.run_attempt, name="run-attempt"),
    path("delivery/waiting/leave/", waiting.leave, name="waiting-leave"),
    path("delivery/orders/", orders.order_list, name="order-list"),
    path("delivery/orders/<slug:number>/", orders.order_detail, name="order-detail"),
    path("delivery/orders/<slug:number>/answer/", changes.order_answer, name="order-answer"),
    path("delivery/orders/<slug:number>/again/", changes.order_again, name="order-again"),
    path("delivery/orders/<slug:number>/calendar.ics", orders.order_calendar, name="order-calendar"),
    path("delivery/orders/<slug:number>/move/", changes.order_move, name="order-move"),
    path("delivery/orders/<slug:number>/decline/", changes.order_decline, name="order-decline"),
    path("delivery/orders/<slug:number>/cancel/", changes.order_cancel, name="order-cancel"),
]
