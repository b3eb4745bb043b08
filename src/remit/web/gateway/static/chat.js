// Enter sends; while the agent is at work the form says so and cannot be sent twice.
const form = document.getElementById("say");
const text = document.getElementById("text");
const state = document.getElementById("state");

text.addEventListener("keydown", (event) => {
  if (event.key === "Enter" && !event.shiftKey && !event.isComposing) {
    event.preventDefault();
    form.requestSubmit(form.querySelector(".row button"));
  }
});

form.addEventListener("submit", () => {
  state.textContent = "Sent. The agent proposes, the policy decides ...";
  setTimeout(() => {
    for (const button of document.querySelectorAll("button")) button.disabled = true;
  });
});

// Coming back by the browser's back button must not leave the form disabled.
window.addEventListener("pageshow", () => {
  for (const button of document.querySelectorAll("button")) button.disabled = false;
});
