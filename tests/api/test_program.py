"""The program itself: administration, commands, restart."""
import subprocess

from server import AMI, KEY, PROGRAM, SECRET, Server, fault


def command(*words):
    return subprocess.run([PROGRAM, *words], capture_output=True, text=True, timeout=30, check=False)


def test_health_needs_nothing_and_the_rest_the_token(server):
    """Health answers everyone; everything else under /_groundschool/ needs the admin token."""
    assert server.admin("GET", "health", token=None) == (200, {"status": "ok", "version": "0.1.0", "guests": "none"})
    for method, path in (("POST", "reset"), ("GET", "accounts"), ("POST", "accounts"), ("DELETE", "accounts/123456789012")):
        assert server.admin(method, path, token=None)[0] == 401
        assert server.admin(method, path, token="x" * 20)[0] == 401


def test_reset_brings_everything_back(server):
    """After a reset nothing is left, and the first account's key still works."""
    ec2 = server.client("ec2")
    ec2.create_key_pair(KeyName="gone")
    ec2.run_instances(ImageId=AMI, InstanceType="t2.micro", MinCount=1, MaxCount=1)
    before = server.client("sts").get_caller_identity()["Account"]
    assert server.admin("POST", "reset")[0] == 200
    assert ec2.describe_key_pairs()["KeyPairs"] == [] and ec2.describe_instances()["Reservations"] == []
    assert server.client("sts").get_caller_identity()["Account"] == before


def test_accounts_come_and_go(fresh):
    """An account is made with a key of its own, emptied, given a new key and removed with all it owned."""
    assert fresh.admin("POST", "accounts", {"id": "111122223333", "name": "class", "email": "a@b.example"})[1]["id"] == "111122223333"
    assert fresh.admin("POST", "accounts", {"id": "111122223333"})[0] == 409
    assert fresh.admin("POST", "accounts", {"id": "12"})[0] == 400
    made = fresh.admin("POST", "accounts/111122223333/root-key")[1]
    ec2 = fresh.client("ec2", key=(made["access_key_id"], made["secret_access_key"]))
    ec2.create_key_pair(KeyName="theirs")
    assert fresh.admin("POST", "accounts/111122223333/reset")[0] == 200
    assert ec2.describe_key_pairs()["KeyPairs"] == []
    assert len(fresh.admin("GET", "accounts")[1]["accounts"]) == 2
    assert fresh.admin("DELETE", "accounts/111122223333")[0] == 200
    assert fault(ec2.describe_key_pairs)[0] == "AuthFailure"
    assert fresh.admin("DELETE", "accounts/111122223333")[0] == 404


def test_commands_speak_to_the_running_emulator(fresh):
    """`account` and `env` work beside a running emulator, with the state folder alone."""
    state = ("--state", str(fresh.state))
    added = command("account", "add", "--name", "cli", "--email", "cli@example.org", *state)
    assert added.returncode == 0 and "AWS_SECRET_ACCESS_KEY=" in added.stdout
    listed = command("account", "list", *state)
    assert "cli@example.org" in listed.stdout
    env = command("env", *state)
    assert f"export AWS_ACCESS_KEY_ID={KEY}" in env.stdout and f"export AWS_SECRET_ACCESS_KEY={SECRET}" in env.stdout
    assert "export AWS_ENDPOINT_URL=http://localhost:" in env.stdout
    account = listed.stdout.split("cli@example.org")[0].split("\n")[-1].split()[0]
    assert command("account", "remove", account, *state).returncode == 0
    assert "cli@example.org" not in command("account", "list", *state).stdout


def test_unknown_words_are_refused_with_a_hint():
    """A typing mistake is refused and what was probably meant is named."""
    for words, hint in ((("serve", "--lisen", "1"), "--listen"), (("sreve",), "serve"), (("account", "lst"), "list"), (("--guest=none",), "--guests")):
        done = command(*words)
        assert done.returncode != 0 and hint in done.stderr, done
    assert "--memory-budget" in command("serve", "--help").stdout
    assert command("version").stdout == "groundschool 0.1.0\n"
    assert "Commands:" in command("help").stdout
    assert command("serve", "--public-pool", "nonsense").returncode == 2


def test_a_state_folder_is_private_and_used_by_one(server):
    """The state folder is readable by its owner alone, and a second emulator on it is refused."""
    assert server.state.stat().st_mode & 0o777 == 0o700
    for name in ("groundschool.db", "admin-token", "environment"):
        assert (server.state / name).stat().st_mode & 0o777 == 0o600
    second = command("serve", "--guests", "none", "--listen", "127.0.0.1:0", "--state", str(server.state))
    assert second.returncode == 1 and "another emulator uses the state folder" in second.stderr


def test_acknowledged_writes_survive_kill_9(tmp_path):
    """What was answered is there after kill -9 and a new start, and the root key is the same."""
    server = Server(tmp_path)
    ec2 = server.client("ec2")
    ids = [ec2.run_instances(ImageId=AMI, InstanceType="t2.micro", MinCount=1, MaxCount=1)["Instances"][0]["InstanceId"] for _ in range(20)]
    ec2.terminate_instances(InstanceIds=ids[:5])
    server.kill()
    server.start()
    ec2 = server.client("ec2")
    states = {i["InstanceId"]: i["State"]["Name"] for r in ec2.describe_instances()["Reservations"] for i in r["Instances"]}
    assert sorted(states) == sorted(ids)
    assert {states[i] for i in ids[5:]} == {"running"} and {states[i] for i in ids[:5]} <= {"shutting-down", "terminated"}
    server.stop()
