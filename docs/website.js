const field = document.getElementById("search");
const list = document.getElementById("found");
field.addEventListener("input", () => {
  const words = field.value.toLowerCase().split(/\s+/).filter(Boolean);
  list.replaceChildren();
  if (!words.length) return;
  const fits = ([, title, text]) => words.every((word) => `${title} ${text}`.toLowerCase().includes(word));
  for (const [target, title, text, anchor] of HEADINGS.filter(fits).slice(0, 20)) {
    const link = document.createElement("a");
    link.href = `${target}#${anchor}`;
    link.textContent = text === title ? text : `${text} (${title})`;
    const item = document.createElement("li");
    item.append(link);
    list.append(item);
  }
});
