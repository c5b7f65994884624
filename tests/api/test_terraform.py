"""Terraform with its AWS provider 5: apply, an empty plan, destroy. The provider comes from a folder named by TF_MIRROR (as
`terraform providers mirror` makes one); where there is none, or no Terraform, there is nothing to test."""
import os
import shutil
import subprocess

import pytest
from server import AMI

MIRROR = os.environ.get("TF_MIRROR", "")
LESSON = """
terraform {
  required_providers { aws = { source = "hashicorp/aws" } }
}
provider "aws" {
  region                      = "us-east-1"
  skip_region_validation      = true
  endpoints {
    ec2 = "ENDPOINT"
    sts = "ENDPOINT"
    iam = "ENDPOINT"
  }
}
data "aws_ami" "stock" {
  owners      = ["amazon"]
  most_recent = true
  filter {
    name   = "name"
    values = ["amzn2-ami-hvm-*-gp2"]
  }
}
resource "aws_key_pair" "lab" {
  key_name   = "lab"
  public_key = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAILod6h/LwzGpVDh1lbb14LVkioY7O8dsr1qBKRexG3Oj lab"
}
resource "aws_security_group" "web" {
  name        = "web"
  description = "for the web"
  ingress {
    from_port   = 22
    to_port     = 22
    protocol    = "tcp"
    cidr_blocks = ["0.0.0.0/0"]
  }
}
resource "aws_instance" "web" {
  ami                    = data.aws_ami.stock.id
  instance_type          = "m5.large"
  key_name               = aws_key_pair.lab.key_name
  vpc_security_group_ids = [aws_security_group.web.id]
  tags                   = { Name = "web" }
}
"""


@pytest.fixture
def terraform(account, tmp_path):
    if not os.path.isdir(MIRROR) or shutil.which("terraform") is None:
        pytest.skip("no Terraform, or TF_MIRROR names no folder with its provider")
    (tmp_path / "main.tf").write_text(LESSON.replace("ENDPOINT", account.server.endpoint))
    (tmp_path / "cli.rc").write_text(f'provider_installation {{\n  filesystem_mirror {{\n    path = "{MIRROR}"\n  }}\n}}\n')
    env = {**os.environ, "TF_CLI_CONFIG_FILE": str(tmp_path / "cli.rc"), "AWS_ACCESS_KEY_ID": account.key[0],
           "AWS_SECRET_ACCESS_KEY": account.key[1], "AWS_EC2_METADATA_DISABLED": "true", "CHECKPOINT_DISABLE": "1", "TF_IN_AUTOMATION": "1"}

    def run(*words, status=0):
        done = subprocess.run(["terraform", *words, "-no-color"], cwd=tmp_path, env=env, capture_output=True, text=True, timeout=300, check=False)
        assert done.returncode == status, done.stdout + done.stderr
        return done.stdout

    run("init")
    return run


# A configuration is applied, planned again without a difference, and destroyed without a rest.
def test_terraform(terraform, ec2):
    terraform("apply", "-auto-approve")
    one = ec2.describe_instances()["Reservations"][0]["Instances"][0]
    assert (one["ImageId"], one["State"]["Name"], one["KeyName"]) == (AMI, "running", "lab")
    assert "No changes" in terraform("plan", "-detailed-exitcode")
    terraform("destroy", "-auto-approve")
    assert ec2.describe_key_pairs()["KeyPairs"] == [] and len(ec2.describe_security_groups()["SecurityGroups"]) == 1
