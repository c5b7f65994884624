# Read by every bash of this user.
[ -f /etc/bashrc ] && . /etc/bashrc
