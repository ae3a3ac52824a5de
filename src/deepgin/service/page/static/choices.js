// What a person chose once and for all pictures: kept in the browser, and sent to the service.

import { byId } from "./panel.js";

const PLACE = "deepgin-choices";
// Fields of the page that are kept as they stand.
const FIELDS = ["way", "texture", "dilate", "feather", "format", "quality"];
/** The sharpness that the weights have by themselves, as the slider shows it; null: none. */
let usual = null;

/** Put back what was chosen before; `change` is called with it, and what it returns is kept too. */
export function remember(restore, current) {
  const kept = read();
  for (const id of FIELDS) if (id in kept) put(byId(id), kept[id]);
  restore(kept);
  const keep = () => write({ ...read(), ...fields(), ...current() });
  document.addEventListener("change", keep);
  // Of a phone's page that is put away, this is the last that is heard.
  window.addEventListener("pagehide", keep);
}

/** Let a sharpness be chosen, from the usual one on. */
export function offerSharpness(sharpness) {
  const slider = byId("sharpness");
  const show = (value) => (byId("sharpened").textContent = Number(value).toFixed(2));
  slider.value = sharpness;
  usual = slider.value; // at one of its steps, if the usual is not
  const kept = read().sharpness;
  if (kept) slider.value = kept;
  slider.addEventListener("input", () => show(slider.value));
  show(kept ?? sharpness);
  byId("sharp").hidden = false;
}

/** Return the form fields of a filling; what is as the service has it by itself is left out. */
export function fillOptions() {
  const options = {};
  const names = { fit: "way", dilate: "dilate", feather: "feather" };
  for (const [name, id] of Object.entries(names)) {
    if (Number(byId(id).value) !== 0) options[name] = byId(id).value;
  }
  if (!byId("texture").checked) options.texture = "off";
  const sharpness = chosenSharpness();
  if (sharpness) options.sharpness = sharpness;
  return options;
}

/** Return the form fields of a download of a picture of this type. */
export function downloadOptions(type) {
  const { value } = byId("format");
  const format = value === "" && type === "image/gif" ? "png" : value.replace("exact-", "");
  const options = format ? { format } : {};
  if (rated()) options.quality = byId("quality").value;
  return options;
}

/** Whether the format that is chosen takes a quality. */
export function rated() {
  return ["jpg", "webp"].includes(byId("format").value);
}

function chosenSharpness() {
  const { value } = byId("sharpness");
  return usual === null || value === usual ? null : value;
}

function fields() {
  const found = Object.fromEntries(FIELDS.map((id) => [id, valueOf(byId(id))]));
  return usual === null ? found : { ...found, sharpness: chosenSharpness() };
}

const valueOf = (field) => (field.type === "checkbox" ? field.checked : field.value);

function put(field, value) {
  if (field.type === "checkbox") field.checked = value;
  else field.value = value;
  // A choice that there no longer is.
  if (field.tagName === "SELECT" && field.selectedIndex < 0) field.selectedIndex = 0;
}

function read() {
  try {
    return JSON.parse(window.localStorage.getItem(PLACE)) ?? {};
  } catch {
    return {};
  }
}

function write(choices) {
  try {
    window.localStorage.setItem(PLACE, JSON.stringify(choices));
  } catch {
    // Without storage they last as long as the page.
  }
}
