# Read by bash at login.
[ -f ~/.bashrc ] && . ~/.bashrc
PATH=$PATH:$HOME/.local/bin:$HOME/bin
export PATH
