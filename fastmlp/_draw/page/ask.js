// What the page asks of the server.

/** Return what the server answers to `content` at `path`, or throw its sentence. */
export async function ask(path, content) {
  let response;
  try {
    response = await fetch(path, {
      method: "POST",
      headers: { "Content-Type": "application/json" },
      body: JSON.stringify(content),
    });
  } catch {
    throw new Error("The server has ended. Start it again: fastmlp draw");
  }
  const answer = await response.json();
  if (!response.ok) throw new Error(answer.error);
  return answer;
}

/**
 * Return a function that asks `path`, one request at a time: what is sent meanwhile
 * waits, and only the latest of it is sent.
 */
export function latest(path, onAnswer, onError) {
  let waiting = null;
  let busy = false;
  return async function send(content) {
    waiting = { content };
    if (busy) return;
    busy = true;
    while (waiting) {
      const { content: next } = waiting;
      waiting = null;
      try {
        onAnswer(await ask(path, next));
      } catch (error) {
        onError(error);
      }
    }
    busy = false;
  };
}
