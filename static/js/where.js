// Step 2: a position just found or moved asks for the registered parties around it.
const name = document.getElementById("id_party_name");
const moved = () => name?.dispatchEvent(new CustomEvent("where-moved", { bubbles: true }));
document.addEventListener("look:position", moved);
document.addEventListener("look:pin", moved);
