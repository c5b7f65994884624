"""The first ten minutes of a learner, as typed: the stock image by name, ssh, yum, and a page behind a security group."""
import subprocess

import pytest


@pytest.fixture(scope="module")
def typed(emulator, tmp_path_factory):
    """Everything until the first ssh login, each line with the real command line client."""
    folder = tmp_path_factory.mktemp("story")

    def aws(line, **options):
        return emulator.aws(line, folder, **options)

    aws("aws ec2 create-key-pair --key-name lab --query KeyMaterial --output text > lab.pem; chmod 400 lab.pem")
    aws("aws ec2 authorize-security-group-ingress --group-name default --protocol tcp --port 22 --cidr 0.0.0.0/0")
    instance = aws("aws ec2 run-instances --image-id resolve:ssm:/aws/service/ami-amazon-linux-latest/amzn2-ami-hvm-x86_64-gp2"
                   " --instance-type t2.micro --key-name lab --query 'Instances[0].InstanceId' --output text")
    aws(f"aws ec2 wait instance-running --instance-ids {instance}")
    aws(f"aws ec2 wait instance-status-ok --instance-ids {instance}")
    address = aws(f"aws ec2 describe-instances --instance-ids {instance}"
                  " --query 'Reservations[].Instances[].PublicIpAddress' --output text")
    aws.instance, aws.address, aws.folder = instance, address, folder
    return aws


def in_guest(typed, line):
    ssh = ["ssh", "-i", "lab.pem", "-o", "StrictHostKeyChecking=accept-new", "-o", "UserKnownHostsFile=known",
           f"ec2-user@{typed.address}", line]
    done = subprocess.run(ssh, cwd=typed.folder, text=True, capture_output=True, timeout=300,
                          stdin=subprocess.DEVNULL, check=False)
    assert done.returncode == 0, f"{line}\n{done.stdout}{done.stderr}"
    return done.stdout


def page(typed):
    """What curl sees of the public address: the page, or None when the connection does not come about."""
    done = subprocess.run(["curl", "-s", "--noproxy", "*", "-m", "5", f"http://{typed.address}/"], text=True,
                          capture_output=True, check=False)
    return done.stdout if done.returncode == 0 else None


# A learner gets from a key pair to a shell with the commands of the first page, none of them changed.
def test_ssh_enters(typed):
    assert in_guest(typed, "id -un").strip() == "ec2-user"


# yum works without the internet: the update finds its repository, httpd comes with what it needs, and starts.
def test_yum_installs_offline(typed):
    in_guest(typed, "sudo yum update -y")
    in_guest(typed, "sudo yum install httpd -y")
    in_guest(typed, "sudo systemctl start httpd; echo hello | sudo tee /var/www/html/index.html")
    assert "Complete!" in in_guest(typed, "sudo yum install tree -y")
    assert in_guest(typed, "curl -s localhost") == "hello\n"


# /var/log/messages has what happened, as on Amazon Linux.
def test_messages_are_logged(typed):
    assert "a word in the log" in in_guest(typed, "logger a word in the log; sleep 1; sudo tail /var/log/messages")


# A port is closed until a rule opens it, and the rule acts on the running machine at once; so does taking it back.
def test_page_appears_with_the_rule(typed):
    rule = "--group-name default --protocol tcp --port 80 --cidr 0.0.0.0/0"
    assert page(typed) is None
    typed(f"aws ec2 authorize-security-group-ingress {rule}")
    assert page(typed) == "hello\n"
    typed(f"aws ec2 revoke-security-group-ingress {rule}")
    assert page(typed) is None


# The machine is gone with one command, and so is its address.
def test_terminate(typed, emulator):
    typed(f"aws ec2 terminate-instances --instance-ids {typed.instance}")
    typed(f"aws ec2 wait instance-terminated --instance-ids {typed.instance}")
    assert typed.instance not in emulator.machines()
    assert emulator.listening(typed.address) == set()
