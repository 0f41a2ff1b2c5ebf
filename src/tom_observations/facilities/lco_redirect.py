"""Las Cumbres Observatory and its partners, requested on the observatory's own portal."""

from __future__ import annotations

from urllib.parse import urlencode

from tom_targets.models import BaseTarget

from ..facility import BaseRedirectObservationFacility, BaseRoboticObservationFacility
from ..models import ObservationGroup, ObservationRecord
from .lco import LCOFacility, LCOSettings


class LCORedirectFacility(BaseRedirectObservationFacility):
    """Sends the user to the portal with the target filled in. State and data of what was requested there come through the LCO facility."""

    name = "LCORedirect"
    button_label = "LCO/SOAR/BLANCO"
    button_tooltip = "Request an observation on the portal of Las Cumbres Observatory"
    link = "https://observe.lco.global/"

    def __init__(self, facility_settings=None):
        super().__init__()
        self.facility_settings = facility_settings or LCOSettings("LCO")
        self.facility = LCOFacility(self.facility_settings)

    @property
    def portal_url(self) -> str:
        return self.facility_settings.get_setting("portal_url")

    def set_user(self, user):
        super().set_user(user)
        self.facility.set_user(user)

    def target_to_query_params(self, target) -> str:
        """The portal's query parameters ``target_<field>``, of every field that has a value."""
        return urlencode({f"target_{name}": value for name, value in target.as_dict().items() if value not in (None, "")})

    def redirect_url(self, target_id, callback_url):
        target = BaseTarget.objects.get(pk=target_id)
        return f"{self.portal_url.rstrip('/')}/create?{self.target_to_query_params(target)}&{urlencode({'redirect_uri': callback_url})}"

    def request_id_to_group(self, observation_id, user, target, parameters):
        """A group named as the request group, with one record for each of its requests; what is known already is not made again."""
        answer = self.facility.portal.get(f"/api/requestgroups/{int(observation_id)}/")
        records = []
        for request in answer["requests"]:
            record = ObservationRecord.objects.filter(target_id=target.pk, facility=self.name, observation_id=str(request["id"])).first()
            records.append(
                record
                or ObservationRecord.objects.create(
                    target_id=target.pk,
                    user=user,
                    facility=self.name,
                    parameters=parameters,
                    observation_id=str(request["id"]),
                    status=request.get("state") or "",
                )
            )
        known = ObservationGroup.objects.filter(name=answer["name"][:50], observation_records__in=records).first()
        group = known or ObservationGroup.objects.create(name=answer["name"][:50])
        group.observation_records.add(*records)
        return group

    # what was requested there is asked of the LCO facility

    def get_observation_status(self, observation_id):
        return self.facility.get_observation_status(observation_id)

    update_observation_status = BaseRoboticObservationFacility.update_observation_status
    update_all_observation_statuses = BaseRoboticObservationFacility.update_all_observation_statuses
    save_data_products = BaseRoboticObservationFacility.save_data_products

    def data_products(self, observation_id, product_id=None):
        return self.facility.data_products(observation_id, product_id)

    def cancel_observation(self, observation_id):
        return self.facility.cancel_observation(observation_id)

    def get_observation_url(self, observation_id):
        return self.facility.get_observation_url(observation_id)

    def get_observing_sites(self):
        return {}

    def get_terminal_observing_states(self):
        return self.facility.get_terminal_observing_states()

    def get_failed_observing_states(self):
        return self.facility.get_failed_observing_states()

    def get_flux_constant(self):
        return self.facility.get_flux_constant()

    def get_wavelength_units(self):
        return self.facility.get_wavelength_units()
