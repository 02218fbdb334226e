(() => {
  "use strict";
  const root = document.documentElement;
  const traces = JSON.parse(document.getElementById("traces").textContent);

  // Light and dark: the system's choice until the reader presses the button.
  document.getElementById("theme").addEventListener("click", () => {
    const dark = root.dataset.theme
      ? root.dataset.theme === "dark"
      : window.matchMedia("(prefers-color-scheme: dark)").matches;
    root.dataset.theme = dark ? "light" : "dark";
  });

  // On a narrow screen the contents start folded.
  if (window.matchMedia("(max-width: 65.99rem)").matches) {
    document.querySelector("nav details").open = false;
  }

  // Sorting: numbers by value, words by alphabet, inside each group; cells without a value stay last.
  const valueOf = (cell) => {
    const text = cell.dataset.order !== undefined ? cell.dataset.order : cell.textContent.trim();
    const number = Number(text);
    return text === "" ? null : Number.isNaN(number) ? text : number;
  };
  const compare = (a, b) =>
    typeof a === "number" && typeof b === "number" ? a - b : String(a).localeCompare(String(b));
  for (const button of document.querySelectorAll(".sort")) {
    button.addEventListener("click", () => {
      const head = button.closest("th");
      const table = head.closest("table");
      const column = [...head.parentElement.children].indexOf(head);
      const descending = head.getAttribute("aria-sort") !== "descending";
      for (const other of head.parentElement.children) other.removeAttribute("aria-sort");
      head.setAttribute("aria-sort", descending ? "descending" : "ascending");
      for (const body of table.tBodies) {
        const rows = [...body.rows].filter((row) => !row.classList.contains("group"));
        rows.sort((first, second) => {
          const a = valueOf(first.cells[column]);
          const b = valueOf(second.cells[column]);
          if (a === null || b === null) return (a === null) - (b === null);
          return descending ? compare(b, a) : compare(a, b);
        });
        body.append(...rows);
      }
    });
  }

  const fill = (list, lines) => {
    list.replaceChildren(
      ...lines.flatMap(([name, value]) => {
        const term = document.createElement("dt");
        const text = document.createElement("dd");
        term.textContent = name;
        text.textContent = value;
        return [term, text];
      }),
    );
    return list;
  };

  // The trace of a cell.
  const trace = document.getElementById("trace");
  for (const button of document.querySelectorAll(".cell")) {
    button.addEventListener("click", () => {
      const found = traces.cells[button.dataset.trace];
      document.getElementById("trace-title").textContent = found.title;
      document.getElementById("trace-column").textContent = found.column;
      fill(document.getElementById("trace-lines"), [...found.lines, ...found.made]);
      document
        .getElementById("trace-sources")
        .replaceChildren(...found.sources.map((name) => fill(document.createElement("dl"), traces.sources[name])));
      trace.showModal();
      trace.scrollTop = 0;
    });
  }

  // A table shows the rows of one value.
  for (const select of document.querySelectorAll("select[data-filter]")) {
    select.addEventListener("change", () => {
      for (const row of document.querySelectorAll(`#${select.dataset.filter} tbody tr`)) {
        row.hidden = select.value !== "" && row.dataset.value !== select.value;
      }
    });
  }

  // The gallery shows the answers of one benchmark, right or wrong.
  const filter = document.getElementById("gallery-filter");
  if (filter) {
    const cards = [...document.querySelectorAll(".card")];
    const show = () => {
      const wanted = new FormData(filter);
      for (const card of cards) {
        card.hidden =
          (wanted.get("benchmark") !== "" && card.dataset.benchmark !== wanted.get("benchmark")) ||
          (wanted.get("verdict") !== "" && card.dataset.verdict !== wanted.get("verdict"));
      }
      const shown = cards.filter((card) => !card.hidden).length;
      document.getElementById("gallery-count").textContent = `${shown} of ${cards.length} shown`;
    };
    filter.addEventListener("change", show);
    filter.addEventListener("submit", (event) => event.preventDefault());
    show();
  }

  // Figures enlarge.
  const enlarged = document.getElementById("enlarged");
  for (const button of document.querySelectorAll(".zoom")) {
    button.addEventListener("click", () => {
      const image = button.querySelector("img");
      const large = enlarged.querySelector("img");
      large.src = image.src;
      large.alt = image.alt;
      enlarged.showModal();
    });
  }
  for (const dialog of document.querySelectorAll("dialog")) {
    dialog.addEventListener("click", (event) => {
      if (event.target === dialog) dialog.close();
    });
  }
})();
