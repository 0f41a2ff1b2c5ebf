"""Field names and types of the alert packets that the demo writes: ZTF schema 4.02 and Rubin/LSST schema 10.0.

The names and types are the surveys' published interfaces (ZwickyTransientFacility/ztf-avro-alert; lsst/alert_packet); the
grouping by type is ours. `?float` is a union of null and float.
"""

from typing import Any

ZTF_NO_VALUE = -999  # what ZTF itself writes where a number is not known

ZTF_CANDIDATE = {
    "double": "jd ra dec ranr decnr jdstartref jdendref",
    "int": "fid programid ndethist ncovhist nmtchps nframesref nmatches",
    "long": "pid candid rfid",
    "?float": (
        "diffmaglim xpos ypos chipsf magap sigmagap distnr magnr sigmagnr chinr sharpnr sky magdiff fwhm classtar "
        "mindtoedge magfromlim seeratio aimage bimage aimagerat bimagerat elong rb ssdistnr ssmagnr sumrat magapbig "
        "sigmagapbig sgmag1 srmag1 simag1 szmag1 sgscore1 distpsnr1 sgmag2 srmag2 simag2 szmag2 sgscore2 distpsnr2 "
        "sgmag3 srmag3 simag3 szmag3 sgscore3 distpsnr3 dsnrms ssnrms dsdiff magzpsci magzpsciunc magzpscirms clrcoeff "
        "clrcounc zpclrcov zpmed clrmed clrrms neargaia neargaiabright maggaia maggaiabright exptime drb"
    ),
    "?string": "pdiffimfilename programpi ssnamenr",
    "string": "isdiffpos rbversion drbversion",
    "?long": "tblid objectidps1 objectidps2 objectidps3",
    "?int": "nid rcid field nneg nbad tooflag",
    "float": "magpsf sigmapsf",
    "?double": "jdstarthist jdendhist scorr",
}
ZTF_PRV_CANDIDATE = {
    "double": "jd",
    "int": "fid programid",
    "long": "pid",
    "?float": (
        "diffmaglim xpos ypos magpsf sigmapsf chipsf magap sigmagap distnr magnr sigmagnr chinr sharpnr sky magdiff "
        "fwhm classtar mindtoedge magfromlim seeratio aimage bimage aimagerat bimagerat elong rb ssdistnr ssmagnr "
        "sumrat magapbig sigmagapbig magzpsci magzpsciunc magzpscirms clrcoeff clrcounc"
    ),
    "?string": "pdiffimfilename programpi isdiffpos ssnamenr",
    "?long": "candid tblid",
    "?int": "nid rcid field nneg nbad",
    "?double": "ra dec ranr decnr scorr",
    "string": "rbversion",
}
LSST_DIA_SOURCE = {
    "long": "diaSourceId visit",
    "int": "detector",
    "?long": "diaObjectId ssObjectId parentDiaSourceId",
    "double": "midpointMjdTai ra dec timeProcessedMjdTai",
    "?float": (
        "raErr decErr ra_dec_Cov xErr yErr apFlux apFluxErr snr psfFlux psfFluxErr psfLnL psfChi2 trailFlux "
        "trailFluxErr trailRaErr trailDecErr trailLength trailLengthErr trailAngle trailAngleErr trailChi2 "
        "dipoleMeanFlux dipoleMeanFluxErr dipoleFluxDiff dipoleFluxDiffErr dipoleLength dipoleAngle dipoleChi2 "
        "scienceFlux scienceFluxErr templateFlux templateFluxErr ixx iyy ixy ixxPSF iyyPSF ixyPSF extendedness "
        "reliability"
    ),
    "float": "x y",
    "?boolean": (
        "centroid_flag apFlux_flag apFlux_flag_apertureTruncated isNegative psfFlux_flag psfFlux_flag_edge "
        "psfFlux_flag_noGoodPixels trail_flag_edge forced_PsfFlux_flag forced_PsfFlux_flag_edge "
        "forced_PsfFlux_flag_noGoodPixels shape_flag shape_flag_no_pixels shape_flag_not_contained "
        "shape_flag_parent_source isDipole dipoleFitAttempted pixelFlags pixelFlags_bad pixelFlags_cr "
        "pixelFlags_crCenter pixelFlags_edge pixelFlags_nodata pixelFlags_nodataCenter pixelFlags_interpolated "
        "pixelFlags_interpolatedCenter pixelFlags_offimage pixelFlags_saturated pixelFlags_saturatedCenter "
        "pixelFlags_suspect pixelFlags_suspectCenter pixelFlags_streak pixelFlags_streakCenter pixelFlags_injected "
        "pixelFlags_injectedCenter pixelFlags_injected_template pixelFlags_injected_templateCenter glint_trail"
    ),
    "?int": "psfNdata trailNdata dipoleNdata bboxSize",
    "?double": "trailRa trailDec timeWithdrawnMjdTai",
    "?string": "band",
}
LSST_DIA_OBJECT = {
    "long": "diaObjectId",
    "double": "validityStartMjdTai ra dec",
    "?float": (
        "raErr decErr ra_dec_Cov u_psfFluxMean u_psfFluxMeanErr u_psfFluxSigma u_fpFluxMean u_fpFluxMeanErr "
        "g_psfFluxMean g_psfFluxMeanErr g_psfFluxSigma g_fpFluxMean g_fpFluxMeanErr r_psfFluxMean r_psfFluxMeanErr "
        "r_psfFluxSigma r_fpFluxMean r_fpFluxMeanErr i_psfFluxMean i_psfFluxMeanErr i_psfFluxSigma i_fpFluxMean "
        "i_fpFluxMeanErr z_psfFluxMean z_psfFluxMeanErr z_psfFluxSigma z_fpFluxMean z_fpFluxMeanErr y_psfFluxMean "
        "y_psfFluxMeanErr y_psfFluxSigma y_fpFluxMean y_fpFluxMeanErr u_scienceFluxMean u_scienceFluxMeanErr "
        "g_scienceFluxMean g_scienceFluxMeanErr r_scienceFluxMean r_scienceFluxMeanErr i_scienceFluxMean "
        "i_scienceFluxMeanErr z_scienceFluxMean z_scienceFluxMeanErr y_scienceFluxMean y_scienceFluxMeanErr "
        "u_psfFluxMin u_psfFluxMax u_psfFluxMaxSlope u_psfFluxErrMean g_psfFluxMin g_psfFluxMax g_psfFluxMaxSlope "
        "g_psfFluxErrMean r_psfFluxMin r_psfFluxMax r_psfFluxMaxSlope r_psfFluxErrMean i_psfFluxMin i_psfFluxMax "
        "i_psfFluxMaxSlope i_psfFluxErrMean z_psfFluxMin z_psfFluxMax z_psfFluxMaxSlope z_psfFluxErrMean y_psfFluxMin "
        "y_psfFluxMax y_psfFluxMaxSlope y_psfFluxErrMean"
    ),
    "?int": "u_psfFluxNdata g_psfFluxNdata r_psfFluxNdata i_psfFluxNdata z_psfFluxNdata y_psfFluxNdata",
    "?double": "firstDiaSourceMjdTai lastDiaSourceMjdTai",
    "int": "nDiaSources",
}


def record(name: str, groups: dict[str, str]) -> dict[str, Any]:
    """An Avro record schema from names grouped by type."""
    fields = []
    for kind, names in groups.items():
        avro = ["null", kind[1:]] if kind.startswith("?") else kind
        fields += [{"name": field, "type": avro, **({"default": None} if isinstance(avro, list) else {})} for field in names.split()]
    return {"type": "record", "name": name, "fields": fields}


def ztf_alert() -> dict[str, Any]:
    return {
        "type": "record",
        "name": "ztf.alert",
        "fields": [
            {"name": "schemavsn", "type": "string"},
            {"name": "publisher", "type": "string"},
            {"name": "objectId", "type": "string"},
            {"name": "candid", "type": "long"},
            {"name": "candidate", "type": record("ztf.alert.candidate", ZTF_CANDIDATE)},
            {"name": "prv_candidates", "type": ["null", {"type": "array", "items": record("ztf.alert.prv_candidate", ZTF_PRV_CANDIDATE)}]},
            *(
                {"name": name, "type": ["null", "bytes"], "default": None}
                for name in ("cutoutScience", "cutoutTemplate", "cutoutDifference")
            ),
        ],
    }


def lsst_alert() -> dict[str, Any]:
    return {
        "type": "record",
        "name": "lsst.v10_0.alert",
        "fields": [
            {"name": "diaSourceId", "type": "long"},
            {"name": "observation_reason", "type": ["null", "string"], "default": None},
            {"name": "target_name", "type": ["null", "string"], "default": None},
            {"name": "diaSource", "type": record("lsst.v10_0.diaSource", LSST_DIA_SOURCE)},
            {"name": "prvDiaSources", "type": ["null", {"type": "array", "items": "lsst.v10_0.diaSource"}], "default": None},
            {"name": "diaObject", "type": ["null", record("lsst.v10_0.diaObject", LSST_DIA_OBJECT)], "default": None},
            *(
                {"name": name, "type": ["null", "bytes"], "default": None}
                for name in ("cutoutDifference", "cutoutScience", "cutoutTemplate")
            ),
        ],
    }
