// Mermaid diagrams: each is drawn in a sandboxed frame of its own, which sees nothing of this page but the source that it is
// handed. The source stays below it; where it can't be drawn, it is all there is.

const TALLEST = 4000;

/** Draws the blocks of the language `mermaid` below `root`. */
export function drawDiagrams(root) {
  for (const pre of root.querySelectorAll("pre.language-mermaid")) draw(pre.closest(".code-frame") ?? pre, pre.textContent);
}

function draw(box, text) {
  const frame = document.createElement("iframe");
  frame.setAttribute("sandbox", "allow-scripts");
  frame.title = "Diagram";
  frame.src = new URL("diagram.html", import.meta.url).href;
  frame.height = 120;
  const figure = document.createElement("figure");
  figure.className = "diagram";
  box.before(figure);
  figure.append(frame);

  const hear = ({ source, data }) => {
    if (source !== frame.contentWindow) return;
    if (data.ready) {
      source.postMessage({ text, dark: isDark() }, "*");
    } else if (data.problem) {
      window.removeEventListener("message", hear);
      figure.className = "macro-box";
      figure.textContent = `This diagram can't be drawn: ${String(data.problem).slice(0, 500)}`;
    } else if (Number.isFinite(data.height)) {
      frame.height = Math.min(Math.ceil(data.height) + 4, TALLEST);
      const source = document.createElement("details");
      source.innerHTML = "<summary>Source</summary>";
      box.before(source);
      source.append(box);
      window.removeEventListener("message", hear);
    }
  };
  window.addEventListener("message", hear);
}

function isDark() {
  const chosen = document.documentElement.dataset.theme;
  return chosen === "dark" || (chosen !== "light" && matchMedia("(prefers-color-scheme: dark)").matches);
}
