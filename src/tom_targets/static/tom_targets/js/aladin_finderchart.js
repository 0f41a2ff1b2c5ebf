// Kept for templates that name it: the finder is in targets.js.
import "./targets.js";
