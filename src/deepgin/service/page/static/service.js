// Asking the service to fill. What is asked and shown is decided elsewhere.

const LOADING = 1000;

/**
 * Send a picture's own bytes and a mask; return the filled picture's bytes.
 *
 * @param {File} picture
 * @param {Blob} mask a PNG of the picture's upright size.
 * @param {Object<string, string>} options form fields of the service.
 * @param {AbortSignal} signal
 * @returns {Promise<{blob: Blob, warnings: string}>}
 * @throws {Error} with a sentence for people; an AbortError if it was cancelled.
 */
export async function fill(picture, mask, options, signal) {
  const form = new FormData();
  form.append("picture", picture, picture.name);
  form.append("mask", mask, "mask.png");
  for (const [name, value] of Object.entries(options)) form.append(name, value);
  const address = new URL("v1/inpaint", document.baseURI);
  try {
    const answer = await fetch(address, { method: "POST", body: form, signal });
    if (!answer.ok) throw new Refused(await sentence(answer));
    const warnings = asSentence(answer.headers.get("X-Deepgin-Warnings") ?? "");
    return { blob: await answer.blob(), warnings };
  } catch (error) {
    if (error instanceof Refused || signal.aborted) throw error;
    throw new Error("The service does not answer: is deepgin app still running?");
  }
}

/**
 * Return the sharpness of the service's weights, once they are loaded; null if it cannot be chosen.
 *
 * @returns {Promise<number | null>}
 */
export async function usualSharpness() {
  const address = new URL("v1/models", document.baseURI);
  let answer = await fetch(address);
  while (answer.status === 503) {
    await new Promise((again) => setTimeout(again, LOADING));
    answer = await fetch(address);
  }
  return answer.ok ? (await answer.json()).models[0].sharpness : null;
}

class Refused extends Error {}

async function sentence(answer) {
  const wait = Number(answer.headers.get("Retry-After"));
  const again = wait > 0 ? ` Try again in ${wait} s.` : "";
  let told = "";
  try {
    told = String((await answer.json()).error ?? "");
  } catch {
    // Not from the service itself, but from something between.
  }
  told ||= `The service answered ${answer.status} ${answer.statusText}`.trim();
  return asSentence(told) + again;
}

function asSentence(told) {
  const begun = told.charAt(0).toUpperCase() + told.slice(1);
  return !begun || /[.!?]$/.test(begun) ? begun : `${begun}.`;
}
