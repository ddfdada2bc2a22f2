// In a frame without an origin: draws the one diagram that the page around it hands over, and tells it how large that is.
addEventListener("message", async (event) => {
  if (event.source !== parent) return;
  try {
    mermaid.initialize({
      startOnLoad: false,
      securityLevel: "strict",
      suppressErrorRendering: true,
      theme: event.data.dark ? "dark" : "default",
    });
    const { svg } = await mermaid.render("diagram", event.data.text);
    document.documentElement.style.colorScheme = event.data.dark ? "dark" : "light";
    document.body.innerHTML = svg;
    const { width, height } = document.querySelector("svg").getBoundingClientRect();
    parent.postMessage({ width, height }, "*");
  } catch (problem) {
    parent.postMessage({ problem: String(problem?.message ?? problem) }, "*");
  }
});
parent.postMessage({ ready: true }, "*");
