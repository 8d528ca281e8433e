// The register of parties: the button that prints a party's file.
document.addEventListener("click", (e) => { if (e.target.closest("[data-print]")) print(); });
