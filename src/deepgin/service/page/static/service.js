// Asking the service: to fill, to show, to encode. What is asked and shown is decided elsewhere.

const LOADING = 1000;
const POLLING = 500;
const TOKEN = "deepgin-token";

/** What a person who is asked for the token gives: a string, or null. The page sets it. */
export const door = { ask: async () => null };

let token = null;
takeToken();

/**
 * Fill a picture's holes.
 *
 * @param {File} picture the file as it was opened.
 * @param {Patch | null} patch what was filled before.
 * @param {Blob} mask a PNG of the picture's upright size.
 * @param {Object<string, string>} options form fields of the service.
 * @param {AbortSignal} signal
 * @param {(state: {done: number, of: number, seconds_left: number}) => void} progress
 * @returns {Promise<{blob: Blob, box: object, warnings: string[]}>} the next patch.
 * @throws {Error} with a sentence for people; an AbortError if it was cancelled.
 */
export async function fill(picture, patch, mask, options, signal, progress) {
  const fields = { ...options, answer: "patch" };
  const answer = await inpaint(picture, patch, mask, fields, signal, progress);
  const box = (answer.headers.get("X-Deepgin-Box") ?? "").split(",").map(Number);
  const blob = await answer.blob();
  if (box.length !== 4) throw new Refused("The answer of the service is not a picture.");
  const [x, y, width, height] = box;
  return { blob, box: { x, y, width, height }, warnings: warningsOf(answer) };
}

/** Likewise return the larger picture that the field `extend` asks for; the mask may be null. */
export async function grown(picture, patch, mask, options, signal, progress) {
  const answer = await inpaint(picture, patch, mask, options, signal, progress);
  return { blob: await answer.blob(), warnings: warningsOf(answer) };
}

async function inpaint(picture, patch, mask, fields, signal, progress) {
  const job = randomName();
  const form = formOf(picture, patch, { ...fields, job });
  if (mask) form.append("mask", mask, "mask.png");
  const polling = poll(job, progress);
  try {
    return await ask("v1/inpaint", { method: "POST", body: form, signal });
  } finally {
    polling.abort();
  }
}

/** Return whether requests may have a field. */
export async function takes(field) {
  const { paths } = await (await ask("openapi.json")).json();
  const [{ schema }] = Object.values(paths["/v1/inpaint"].post.requestBody.content);
  return field in schema.properties;
}

/**
 * Return a picture, or what its patch looks like, in a format that browsers show; and the picture's
 * own size.
 */
export async function preview(picture, patch = null) {
  const answer = await ask("page/preview", { method: "POST", body: formOf(picture, patch, {}) });
  const [width, height] = (answer.headers.get("X-Deepgin-Size") ?? "").split(",").map(Number);
  return { blob: await answer.blob(), width, height };
}

/** Return the picture's file with the patch in it; `fields` may name format and quality. */
export async function encoded(picture, patch, fields, signal) {
  const body = formOf(picture, patch, fields);
  const answer = await ask("page/download", { method: "POST", body, signal });
  return { blob: await answer.blob(), warnings: warningsOf(answer) };
}

/** Return what the service takes: pixels of a picture, and bytes of a request. */
export async function limits() {
  return (await ask("page/limits")).json();
}

/** Return the picture that the page was started with, as a file; null if there is none. */
export async function firstPicture() {
  const answer = await ask("photo");
  if (answer.status !== 200) return null;
  const name = decodeURIComponent(answer.headers.get("X-Deepgin-Name") ?? "picture");
  const blob = await answer.blob();
  return new File([blob], name, { type: blob.type });
}

/**
 * Return the service's networks once the first is loaded, the default first; none without an answer.
 *
 * @returns {Promise<{network: string, sharpness: number | null}[]>}
 */
export async function networks() {
  let answer = await asked("v1/models");
  while (answer.status === 503) {
    await new Promise((again) => setTimeout(again, LOADING));
    answer = await asked("v1/models");
  }
  return answer.ok ? (await answer.json()).models : [];
}

function formOf(picture, patch, fields) {
  const form = new FormData();
  form.append("picture", picture, picture.name);
  if (patch) {
    const { x, y, width, height } = patch.box;
    form.append("patch", patch.blob, "patch");
    form.append("patch_box", [x, y, width, height].join(","));
  }
  for (const [name, value] of Object.entries(fields)) form.append(name, value);
  return form;
}

async function ask(path, how = {}) {
  try {
    let answer = await asked(path, how);
    while (answer.status === 401) {
      const token = await door.ask();
      if (token === null) break;
      keep(token);
      answer = await asked(path, how);
    }
    if (!answer.ok) throw new Refused(await sentence(answer));
    return answer;
  } catch (error) {
    if (error instanceof Refused || how.signal?.aborted) throw error;
    throw new Error("The service does not answer: is deepgin app still running?");
  }
}

function asked(path, how = {}) {
  const token = kept();
  const headers = token ? { Authorization: `Bearer ${token}` } : {};
  return fetch(new URL(path, document.baseURI), { ...how, headers });
}

// A service may not know the job: not yet, or no more.
function poll(job, progress) {
  const ending = new AbortController();
  const again = async () => {
    const answer = await asked(`progress/${job}`, { signal: ending.signal });
    if (answer.status === 200) progress(await answer.json());
    wait();
  };
  const wait = () => {
    if (!ending.signal.aborted) setTimeout(() => again().catch(() => {}), POLLING);
  };
  wait();
  return ending;
}

function randomName() {
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
}

// An address of another machine bears the token behind its #, where nobody else sees it.
function takeToken() {
  const found = /^#token=(.+)$/.exec(window.location.hash);
  if (!found) return;
  keep(decodeURIComponent(found[1]));
  window.history.replaceState(null, "", window.location.pathname + window.location.search);
}

function keep(text) {
  token = text;
  try {
    window.localStorage.setItem(TOKEN, text);
  } catch {
    // Without storage it lasts as long as the page.
  }
}

function kept() {
  try {
    return token ?? window.localStorage.getItem(TOKEN);
  } catch {
    return token;
  }
}

class Refused extends Error {}

async function sentence(answer) {
  const wait = Number(answer.headers.get("Retry-After"));
  const again = wait > 0 ? ` Try again in ${wait} s.` : "";
  let text = "";
  try {
    text = String((await answer.json()).error ?? "");
  } catch {
    // Not from the service itself, but from something between.
  }
  text ||= `The service answered ${answer.status} ${answer.statusText}`.trim();
  return asSentence(text) + again;
}

function warningsOf(answer) {
  const text = answer.headers.get("X-Deepgin-Warnings") ?? "";
  return text.split("; ").filter(Boolean).map(asSentence);
}

function asSentence(text) {
  const begun = text.charAt(0).toUpperCase() + text.slice(1);
  return !begun || /[.!?]$/.test(begun) ? begun : `${begun}.`;
}
