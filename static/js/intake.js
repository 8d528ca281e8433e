// Taking a call by keys: Ctrl+Enter takes it down, a chosen party fills what is still empty.
const form = document.getElementById("intake-form");
if (form) {
  form.addEventListener("keydown", (e) => {
    if (e.isComposing || e.key !== "Enter") return;
    if (e.ctrlKey || e.metaKey) {
      e.preventDefault();
      form.requestSubmit(document.getElementById("take"));
    } else if (e.target.matches("input:not([type=radio], [type=checkbox], [type=file])")) {
      e.preventDefault(); // on the phone, Enter in a field is no end yet: on to the next one
      const fields = [...form.querySelectorAll("input:not([type=hidden], [type=file]), select, textarea")].filter((el) => el.getClientRects().length && !el.disabled);
      fields[fields.indexOf(e.target) + 1]?.focus();
    }
  });
  form.addEventListener("change", (e) => {
    if (e.target.name !== "target") return;
    const name = document.getElementById("id_party_name");
    const address = document.getElementById("id_address");
    name.value = e.target.dataset.name;
    if (!address.value) address.value = e.target.dataset.address;
  });
}
