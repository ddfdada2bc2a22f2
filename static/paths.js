// The fields of a path offer what lies in the folder that is being typed. Without scripts they offer what they were sent with.

const PAUSE = 150;

/** The form in which two revisions are compared. */
export function offerPaths(form) {
  for (const side of ["old", "new"]) {
    const field = form.elements[`${side}_path`];
    let timer = 0;
    let asking = null;
    const offer = async () => {
      asking?.abort();
      asking = new AbortController();
      const query = new URLSearchParams({ rev: form.elements[side].value, path: field.value, repository: form.elements.repository?.value ?? "" });
      try {
        const answer = await fetch(`${form.dataset.paths}&${query}`, { signal: asking.signal });
        if (!answer.ok) return;
        const { paths } = await answer.json();
        field.list.replaceChildren(...paths.map((path) => Object.assign(document.createElement("option"), { value: path })));
      } catch {
        // Another letter came meanwhile, or the server is away: what was offered stays.
      }
    };
    field.addEventListener("input", () => {
      clearTimeout(timer);
      timer = setTimeout(offer, PAUSE);
    });
  }
}
