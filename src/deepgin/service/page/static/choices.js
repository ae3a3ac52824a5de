// What a person chose once and for all pictures: kept in the browser, and sent to the service.

import { byId } from "./panel.js";

const PLACE = "deepgin-choices";
// Fields of the page that are kept as they stand.
const FIELDS = ["eager", "way", "texture", "dilate", "feather", "format", "quality"];
/** The service's networks; the first is its default. */
let networks = [];
/** The sharpness that the network has by itself, as the slider shows it; null: none. */
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

/** Let a network be chosen, if there are several, and its sharpness, if it has one. */
export function offerNetworks(models) {
  const kept = read();
  networks = models;
  const select = byId("network");
  select.replaceChildren(...models.map(({ network }) => new Option(network)));
  if ("network" in kept) put(select, kept.network);
  byId("networks").hidden = models.length < 2;
  select.addEventListener("change", () => offerSharpness());
  const slider = byId("sharpness");
  slider.addEventListener("input", () => showSharpness(slider.value));
  offerSharpness(kept.sharpness);
}

function offerSharpness(kept = null) {
  const sharpness = networks[byId("network").selectedIndex]?.sharpness ?? null;
  const slider = byId("sharpness");
  usual = null;
  byId("sharp").hidden = sharpness === null;
  if (sharpness === null) return;
  slider.value = sharpness;
  usual = slider.value; // at one of its steps, if the usual is not
  if (kept) slider.value = kept;
  showSharpness(kept ?? sharpness);
}

const showSharpness = (value) => (byId("sharpened").textContent = Number(value).toFixed(2));

/** Return the form fields of a filling; what is as the service has it by itself is left out. */
export function fillOptions() {
  const options = {};
  const names = { fit: "way", dilate: "dilate", feather: "feather" };
  for (const [name, id] of Object.entries(names)) {
    if (Number(byId(id).value) !== 0) options[name] = byId(id).value;
  }
  if (!byId("texture").checked) options.texture = "off";
  if (byId("network").selectedIndex > 0) options.network = byId("network").value;
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
  if (networks.length) found.network = byId("network").value;
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
