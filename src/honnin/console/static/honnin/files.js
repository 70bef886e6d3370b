// Says at once, before anything is sent, that a chosen file is larger than may be sent. Without scripts the
// answer to the form says it.
"use strict";

function isTooLarge(input) {
  return Array.from(input.files).some((file) => file.size > Number(input.dataset.largest));
}

function tell(input) {
  const id = `${input.id}_too_large`;
  document.getElementById(id)?.remove();
  input.removeAttribute("aria-invalid");
  if (!isTooLarge(input)) return;
  const fault = document.createElement("p");
  Object.assign(fault, { id, className: "field-errors", textContent: input.dataset.tooLarge });
  fault.setAttribute("role", "alert");
  input.after(fault);
  input.setAttribute("aria-invalid", "true");
}

function filesOf(form) {
  return Array.from(form.querySelectorAll("input[type=file][data-largest]"));
}

document.addEventListener("change", (event) => {
  if (event.target.matches("input[type=file][data-largest]")) tell(event.target);
});

document.addEventListener("submit", (event) => {
  const kind = event.submitter?.getAttribute("formenctype") || event.target.enctype;
  const wrong = kind === "multipart/form-data" ? filesOf(event.target).find(isTooLarge) : undefined;
  if (wrong) {
    event.preventDefault();
    tell(wrong);
    wrong.focus();
  }
});
